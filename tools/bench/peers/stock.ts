// Stock Socket.IO as its documentation shows it (https://socket.io/docs/v4/cluster-adapter/, /redis-adapter/): one process, or
// a sticky cluster, joined by the Redis adapter; or, as it advises where clients use nothing but WebSocket, a cluster in which nothing
// routes, which is the least that a handshake costs with it; or with its recovery of connections, on its adapter for Redis streams
// (https://socket.io/docs/v4/connection-state-recovery). Arguments: port, workers, Redis URL, "unrouted" or "sticky", "recovery".
import cluster from "node:cluster";
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { setupMaster, setupWorker } from "@socket.io/sticky";
import express from "express";
import { Redis } from "ioredis";
import { Server, type ServerOptions } from "socket.io";

interface Message {
  readonly body: unknown;
  readonly room: string;
}

type Ack = (answer: { readonly ok: boolean }) => void;

const [port = "", workers = "1", redisUrl = "", routing = "sticky", recovery = ""] = process.argv.slice(2);

/** As its documentation has it. */
const RECOVERY = { maxDisconnectionDuration: 2 * 60 * 1000, skipMiddlewares: true };

function optionsOf(redis: Redis): Partial<ServerOptions> {
  if (recovery === "recovery")
    return { adapter: createStreamsAdapter(redis), connectionStateRecovery: RECOVERY };
  return { adapter: createAdapter(redis, redis.duplicate()) };
}

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
  const io = new Server(httpServer, optionsOf(new Redis(redisUrl)));

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
