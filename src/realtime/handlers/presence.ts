import { AppError } from "../../errors.js";
import type { Presence } from "../../services/presence/presence.js";
import type { RoomAccess } from "../../services/room-access.js";
import type { Handlers } from "../on-event.js";
import { presenceKey } from "../presence-link.js";

/** `presence`: who is in a durable room, and on request (`watch`) who comes and goes from then on. */
export function presenceHandlers(
  presence: Pick<Presence, "query" | "watch">,
  mayDo: RoomAccess,
  roomsPerSocket: number,
): Pick<Handlers, "presence"> {
  return {
    async presence(socket, { room, watch }, answer) {
      const key = presenceKey(room);
      await mayDo(socket.data.user, room, "read");
      if (watch !== true) {
        if (watch === false) await socket.leave(key);
        return await presence.query(room);
      }
      if (!socket.rooms.has(key) && socket.rooms.size - 1 >= roomsPerSocket)
        throw new AppError("too_many_rooms");
      await presence.watch(room, (list) => {
        // Watching and answering belong into this one tick: an event emitted between them would be missed.
        if (!socket.connected) return;
        void socket.join(key);
        answer(list);
      });
      return undefined;
    },
  };
}
