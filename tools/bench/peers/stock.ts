// Stock Socket.IO as its documentation shows it (https://socket.io/docs/v4/cluster-adapter/, /redis-adapter/): one process, or
// a sticky cluster, joined by the Redis adapter; or, as it advises where clients use nothing but WebSocket, a cluster in which nothing
// routes, which is the least that a handshake costs with it. Arguments: port, workers, Redis URL, and "unrouted" for the latter.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { setupMaster, setupWorker } from "@socket.io/sticky";
import express from "express";
import { Redis } from "ioredis";
import { Server } from "socket.io";

interface Message {
  readonly body: unknown;
  readonly room: string;
}

type Ack = (answer: { readonly ok: boolean }) => void;

const [port = "", workers = "1", redisUrl = "", routing = "sticky"] = process.argv.slice(2);

if (routing === "unrouted") cluster.schedulingPolicy = cluster.SCHED_NONE;
if (routing === "unrouted" && cluster.isPrimary) {
  for (let index = 0; index < Number(workers); index += 1) cluster.fork();
} else if (Number(workers) > 1 && cluster.isPrimary) {
  const httpServer = createServer();
  setupMaster(httpServer, { loadBalancingMethod: "least-connection" });
  cluster.setupPrimary({ serialization: "advanced" });
  httpServer.listen(Number(port), "127.0.0.1");
  for (let index = 0; index < Number(workers); index += 1) cluster.fork();
} else {
  const app = express();
  app.use(express.json());
  app.get("/hello", (_request, response) => void response.json({ message: "Hello!" }));
  app.post("/hello", (request, response) => void response.json({ message: `Hello, ${request.body.name}!` }));
  const httpServer = createServer(app);
  const publisher = new Redis(redisUrl);
  const io = new Server(httpServer, { adapter: createAdapter(publisher, publisher.duplicate()) });

  io.on("connection", (socket) => {
    socket.emit("session", { id: socket.id, worker: process.pid });
    socket.on("join", async ({ room }: { readonly room: string }, ack: Ack) => {
      await socket.join(room);
      ack({ ok: true });
    });
    socket.on("message", ({ body, room }: Message) => {
      socket.to(room).emit("message", { from: socket.id, body, at: new Date().toISOString(), room });
    });
  });
  if (cluster.isWorker && routing === "sticky") setupWorker(io);
  else httpServer.listen(Number(port), "127.0.0.1");
}
