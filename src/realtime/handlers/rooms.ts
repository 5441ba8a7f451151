import { AppError } from "../../errors.js";
import { roomKey } from "../io.js";
import type { Handlers } from "../on-event.js";

/** `join` and `leave`. Both may be repeated; a connection is in at most `roomsPerSocket` rooms. */
export function roomHandlers(roomsPerSocket: number): Pick<Handlers, "join" | "leave"> {
  return {
    async join(socket, { room }) {
      const key = roomKey(room);
      // Every connection is in a room of its own, named by its id.
      if (!socket.rooms.has(key) && socket.rooms.size - 1 >= roomsPerSocket)
        throw new AppError("too_many_rooms");
      await socket.join(key);
      return { room };
    },
    async leave(socket, { room }) {
      await socket.leave(roomKey(room));
      return { room };
    },
  };
}
