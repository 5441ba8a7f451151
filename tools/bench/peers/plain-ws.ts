// What people write who want no framework: `ws`, and Redis pub/sub between the processes. Arguments: port, Redis URL.
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { WebSocket, WebSocketServer } from "ws";

const [port = "", redisUrl = ""] = process.argv.slice(2);
const rooms = new Map<string, Set<WebSocket>>();
const subscriber = new Redis(redisUrl);

subscriber.on("message", (room: string, message: string) => {
  for (const socket of rooms.get(room) ?? []) if (socket.readyState === WebSocket.OPEN) socket.send(message);
});

const httpServer = createServer((_request, response) => void response.end("ok"));
const server = new WebSocketServer({ server: httpServer });
server.on("connection", async (socket, request) => {
  const room = new URL(request.url ?? "/", "ws://localhost").searchParams.get("room") ?? "";
  const members = rooms.get(room) ?? new Set();
  if (!rooms.has(room)) {
    rooms.set(room, members);
    await subscriber.subscribe(room);
  }
  members.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => members.delete(socket));
  socket.send("welcome");
});
httpServer.listen(Number(port), "127.0.0.1");
