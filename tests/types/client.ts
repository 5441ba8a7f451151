/** What clients must not write, checked with the types of the tests: an expected error that does not come is one. Nothing here is run. */
import { io, type Socket } from "socket.io-client";
import {
  type Api,
  ApiError,
  type ClientToServerEvents,
  createApi,
  createClient,
  createRoomClient,
  memoryStore,
  type ServerToClientEvents,
} from "../../client/index.js";

declare const socket: Socket<ServerToClientEvents, ClientToServerEvents>;
const api: Api = createApi({ url: "http://localhost:3000", user: "ann" });
const room = { room: "kitchen" };
const params = room;
const told = (_of: number | string | boolean | undefined) => {};

// A typed socket is one for durable rooms, too.
void createRoomClient(socket).room("kitchen").publish("hello");

// What is sent has a name, a payload and an acknowledgement.
socket.emit("join", room, (answer) => told(answer.ok ? answer.room : answer.error.retryAfterMs));
socket.timeout(1000).emit("message", { ...room, body: { text: "hi" } }, (_error, answer) => told(answer.ok));
void socket.emitWithAck("publish", { ...room, messages: [{ id: "1", body: [1, null] }] }).then((answer) => {
  told(answer.ok ? answer.seqs[0] : answer.error.code);
  // @ts-expect-error There are no numbers in a refusal.
  told(answer.seqs);
});
void socket.emitWithAck("subscribe", room).then((answer) => {
  if (answer.ok && "live" in answer) told(answer.messages[0]?.seq);
  // @ts-expect-error A page may be a reset, which has no messages.
  if (answer.ok) told(answer.messages[0]?.seq);
});
// @ts-expect-error There is no such event.
socket.emit("joined", room, () => {});
// @ts-expect-error The payload has no room.
socket.emit("join", {}, () => {});
// @ts-expect-error The room is a text.
socket.emit("join", { room: 1 }, () => {});
// @ts-expect-error The payload has no such field.
socket.emit("join", { ...room, since: 1 }, () => {});
// @ts-expect-error A function is no JSON.
socket.emit("message", { body: told }, () => {});
// @ts-expect-error An acknowledgement is a function.
socket.emit("join", room, "joined");
// @ts-expect-error Without an acknowledgement nobody learns of a refusal.
socket.emit("join", room);
// @ts-expect-error The acknowledgement has no such field.
socket.emit("join", room, (answer) => told(answer.users));
// @ts-expect-error With a timeout, the error comes first.
socket.timeout(1000).emit("join", room, (answer: { ok: boolean }) => told(answer.ok));
// @ts-expect-error The acknowledgement is what the promise is of.
void socket.emitWithAck("join", room, () => {});
// @ts-expect-error The payload is missing.
void socket.emitWithAck("join");
// @ts-expect-error Clients do not send this one.
socket.emit("session", room, () => {});

// What is received has a name and a payload.
socket.on("presence", ({ joined, count }) => told(joined[0] ?? count));
socket.on("disconnect", (reason) => told(reason));
// @ts-expect-error There is no such event.
socket.on("joined", () => {});
// @ts-expect-error The server does not send this one.
socket.on("subscribe", () => {});
// @ts-expect-error The payload has no such field.
socket.on("session", ({ token }) => told(token));
// @ts-expect-error The payload is not a text.
socket.on("message", (message: string) => told(message));

// A call has a method, a path, and what the route asks for.
void api.get("/hello").then(({ message }) => told(message));
void api
  .get("/health", { signal: new AbortController().signal })
  .then(({ redisRefusal }) => told(redisRefusal));
void api
  .get("/rooms/:room/messages", { params })
  .then((page) => told("messages" in page ? page.to : page.floor));
void api.get("/rooms/:room/messages", { params, query: { after: 0, limit: 5 } });
void api
  .post("/rooms/:room/messages", { params, body: { id: "1", body: "hi" } })
  .then(({ seq }) => told(seq));
// @ts-expect-error There is no such path.
void api.get("/hullo");
// @ts-expect-error The path does not take this method.
void api.post("/health");
// @ts-expect-error No route has this method.
void api.trace("/hello");
// @ts-expect-error The path is not the one that is served to clients.
void api.get("/connections");
// @ts-expect-error The path has its names filled in by the library.
void api.get("/rooms/kitchen/messages");
// @ts-expect-error The path's name is missing.
void api.get("/rooms/:room/messages");
// @ts-expect-error The path's name is missing.
void api.get("/rooms/:room/messages", { query: { after: 0 } });
// @ts-expect-error The path has no such name.
void api.get("/rooms/:room/messages", { params: { ...params, seq: "1" } });
// @ts-expect-error The number is none.
void api.get("/rooms/:room/messages", { params, query: { after: "0" } });
// @ts-expect-error The query has no such part.
void api.get("/rooms/:room/messages", { params, query: { since: 0 } });
// @ts-expect-error The route takes no query.
void api.get("/hello", { query: { after: 0 } });
// @ts-expect-error The body is missing.
void api.post("/rooms/:room/messages", { params });
// @ts-expect-error A part of the body is missing.
void api.post("/rooms/:room/messages", { params, body: { body: "hi" } });
// @ts-expect-error The reply has no such field.
void api.get("/hello").then(({ greeting }) => told(greeting));
// @ts-expect-error A page may be a reset, which has no messages.
void api.get("/rooms/:room/messages", { params }).then(({ messages }) => told(messages.length));
// @ts-expect-error Nobody knows where the server is.
createApi({ user: "ann" });

api.get("/hello").catch((error) => {
  if (error instanceof ApiError && error.temporary) told(error.retryAfterMs ?? error.code);
  // @ts-expect-error There is no such code.
  if (error instanceof ApiError && error.code === "not_there") told(true);
});

// All in one for an application; its socket has the types of all events.
const client = createClient({ io, url: "http://localhost:3000", user: "ann", store: memoryStore() });
const kitchen = client.room("kitchen", { onMessage: ({ seq }) => told(seq) });
void kitchen.publish({ text: "hi" }).then(({ seq }) => told(seq));
told(kitchen.pending()[0]?.state === "expired" || client.status() === "catching-up");
client.socket.on("presence", ({ count }) => told(count));
client.outbox.onOutcome((outcome) => told(outcome.outcome === "stored" ? outcome.seq : outcome.error.code));
// @ts-expect-error A message that was not stored has no number.
client.outbox.onOutcome((outcome) => told(outcome.seq + 1));
// @ts-expect-error There is no such status.
told(client.status() === "online");
// @ts-expect-error What is pending is only read.
kitchen.pending().pop();
// @ts-expect-error There is no such event.
client.socket.emit("joined", room, () => {});
// @ts-expect-error Nobody makes a socket.
createClient({ url: "http://localhost:3000" });
