import { createRoomClient } from "shoal/client";
import { io } from "socket.io-client";

const rooms = createRoomClient(io("http://localhost:3000", { auth: { user: "ann" } }));
const onMessage = ({ seq, from, body }) => console.log(seq, from, body);
const kitchen = rooms.room("kitchen", { start: { after: 0 }, onMessage });

setInterval(async () => {
  console.log("stored as", await kitchen.publish(`it is ${new Date().toISOString()}`));
}, 1000);
