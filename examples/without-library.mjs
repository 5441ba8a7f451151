import { io } from "socket.io-client";

const socket = io("http://localhost:3000");
socket.on("session", async (session) => {
  console.log("session", session);
  await socket.emitWithAck("join", { room: "kitchen" });
  console.log(await socket.emitWithAck("message", { room: "kitchen", body: "hello" }));
});
socket.on("message", (message) => console.log("message", message));
