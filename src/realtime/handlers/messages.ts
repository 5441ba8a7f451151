import { setTimeout as pause } from "node:timers/promises";
import { bodyBytes } from "../../contract/sizes.js";
import { AppError } from "../../errors.js";
import { roomKey } from "../io.js";
import type { Handlers } from "../on-event.js";

/** Time for which a message occupies one of its sender's open events: at least, and per byte, in milliseconds. */
const LEAST_MS = 10;
const MS_PER_BYTE = 0.01;

/**
 * `message`: relayed at most once to all other clients, or to the others in a room that the sender has joined. The
 * acknowledgement says that it was sent on, not that anybody got it. It costs the sender little and its receivers much: it
 * counts as open for a while after its acknowledgement, so that one connection sends on no more than 1600 messages or 1.6 MB a second
 * by default, and receivers on ordinary lines keep up.
 */
export function messageHandlers(): Pick<Handlers, "message"> {
  return {
    async message(socket, { body, room }, answer) {
      const message = { from: socket.id, body, at: new Date().toISOString() };
      if (room === undefined) {
        socket.broadcast.emit("message", message);
      } else {
        if (!socket.rooms.has(roomKey(room))) throw new AppError("not_in_room");
        socket.to(roomKey(room)).emit("message", { ...message, room });
      }
      answer({ at: message.at });
      await pause(Math.max(LEAST_MS, MS_PER_BYTE * bodyBytes(body)), undefined, { ref: false });
      return undefined;
    },
  };
}
