import { AppError } from "../../errors.js";
import { roomKey } from "../io.js";
import type { Handlers } from "../on-event.js";

/**
 * `message`: relayed at most once to all other clients, or to the others in a room that the sender has joined. The
 * acknowledgement says that it was sent on, not that anybody got it.
 */
export function messageHandlers(): Pick<Handlers, "message"> {
  return {
    message(socket, { body, room }) {
      const message = { from: socket.id, body, at: new Date().toISOString() };
      if (room === undefined) {
        socket.broadcast.emit("message", message);
      } else {
        if (!socket.rooms.has(roomKey(room))) throw new AppError("not_in_room");
        socket.to(roomKey(room)).emit("message", { ...message, room });
      }
      return { at: message.at };
    },
  };
}
