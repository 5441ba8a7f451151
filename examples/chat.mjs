import { createRoomClient } from "shoal/client";
import { io } from "socket.io-client";

const [user = "ann"] = process.argv.slice(2);
const socket = io("http://localhost:3000", { auth: { user }, ackTimeout: 20_000 });
const room = createRoomClient(socket).room("kitchen", {
  start: { limit: 20 },
  onMessage: ({ seq, from, body }) => console.log("show", seq, from, body),
  onReset: () => console.log("empty the list"),
  onError: ({ code }) => console.log("this room is not for you:", code),
});

socket.on("connect", async () => {
  console.log("state: connected");
  const answer = await socket.emitWithAck("presence", { room: "kitchen", watch: true });
  if (answer.ok) console.log("people:", answer.users);
});
socket.on("presence", ({ joined, left }) => console.log("came:", joined, "went:", left));
socket.on("disconnect", () => console.log(socket.active ? "state: reconnecting" : "state: ended"));
socket.on("connect_error", ({ message }) => {
  console.log(socket.active ? "state: reconnecting" : `state: refused, ${message}`);
});

console.log("state: sending");
try {
  const { seq } = await room.publish("hello");
  console.log("state: stored as", seq);
} catch (error) {
  console.log("state: not stored,", error.code);
}
