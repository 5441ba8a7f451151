import type { Presence } from "../../services/presence/presence.js";
import type { Handlers } from "../on-event.js";
import { presenceKey } from "../presence-link.js";
import type { Admittance } from "./admittance.js";

/** `presence`: who is in a durable room, and on request (`watch`) who comes and goes from then on. */
export function presenceHandlers(
  presence: Pick<Presence, "query" | "watch">,
  { admit, leave, mayRead }: Admittance,
): Pick<Handlers, "presence"> {
  return {
    async presence(socket, { room, watch }, answer) {
      const key = presenceKey(room);
      if (watch !== true) {
        // Ending it needs no right.
        if (watch === false) leave(socket, key);
        await mayRead(socket, room);
        return await presence.query(room);
      }
      await admit(socket, key, async (enter) => {
        await mayRead(socket, room);
        await presence.watch(room, (list) => {
          // Watching and answering belong into this one tick: an event emitted between them would be missed.
          enter();
          answer(list);
        });
      });
      return undefined;
    },
  };
}
