import { AppError } from "../../errors.js";
import type { RoomAccess } from "../../services/room-access.js";
import type { Rooms } from "../../services/rooms/rooms.js";
import { durableRoomKey } from "../io.js";
import type { Handlers } from "../on-event.js";

/** `publish`, `subscribe` and `unsubscribe`: rooms in which nothing that was acknowledged is lost. */
export function durableRoomHandlers(
  rooms: Pick<Rooms, "publish" | "subscribe">,
  mayDo: RoomAccess,
  roomsPerSocket: number,
): Pick<Handlers, "publish" | "subscribe" | "unsubscribe"> {
  return {
    async publish(socket, { room, messages, retry }) {
      const from = socket.data.user;
      await mayDo(from, room, "publish");
      return { seqs: await rooms.publish({ room, from, messages, retry }) };
    },

    async subscribe(socket, request, answer) {
      const key = durableRoomKey(request.room);
      await mayDo(socket.data.user, request.room, "read");
      if (!socket.rooms.has(key) && socket.rooms.size - 1 >= roomsPerSocket)
        throw new AppError("too_many_rooms");
      await rooms.subscribe(request, (page) => {
        // Joining and answering belong into this one tick: an event emitted between them would be missed.
        if (!socket.connected) return;
        if ("live" in page && page.live) void socket.join(key);
        else void socket.leave(key);
        answer(page);
      });
      return undefined;
    },

    async unsubscribe(socket, { room }) {
      await socket.leave(durableRoomKey(room));
      return { room };
    },
  };
}
