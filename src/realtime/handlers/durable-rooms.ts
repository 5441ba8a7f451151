import type { Subscription } from "../../contract/types.js";
import type { RoomAccess } from "../../services/room-access.js";
import type { Rooms } from "../../services/rooms/rooms.js";
import { durableRoomKey } from "../io.js";
import type { Handlers } from "../on-event.js";
import type { Admittance } from "./admittance.js";

/** `publish`, `subscribe` and `unsubscribe`: rooms in which nothing that was acknowledged is lost. */
export function durableRoomHandlers(
  rooms: Pick<Rooms, "publish" | "subscribe">,
  mayDo: RoomAccess,
  { admit, leave, mayRead }: Admittance,
): Pick<Handlers, "publish" | "subscribe" | "unsubscribe"> {
  return {
    async publish(socket, { room, messages, retry }) {
      const from = socket.data.user;
      await mayDo(from, room, "publish");
      return { seqs: await rooms.publish({ room, from, messages, retry }) };
    },

    async subscribe(socket, request, answer) {
      const key = durableRoomKey(request.room);
      await admit(socket, key, async (enter) => {
        await mayRead(socket, request.room);
        const reply = (page: Subscription): void => {
          // Joining and answering belong into this one tick: an event emitted between them would be missed.
          const isLive = "live" in page && page.live;
          const entered = isLive && enter();
          if (!isLive) void socket.leave(key);
          answer(isLive ? { ...page, live: entered } : page);
        };
        await rooms.subscribe(request, reply, socket.data.user);
      });
      return undefined;
    },

    unsubscribe(socket, { room }) {
      leave(socket, durableRoomKey(room));
      return { room };
    },
  };
}
