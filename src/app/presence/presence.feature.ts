import { z } from "zod";
import { ruled } from "../../contract/access.js";
import { presenceChannel } from "../../contract/channel.js";
import { emitted } from "../../contract/emitted.js";
import { event } from "../../contract/event.js";
import { feature } from "../../contract/feature.js";
import { roomName, userId } from "../../contract/room-schemas.js";

const users = z.array(userId).max(500).readonly();
const count = z.int().min(0);

const question = z.strictObject({
  room: roomName,
  watch: z.boolean().optional().describe("Begins or ends the events; without it the question is all"),
});

/** Who is in a durable room. */
export const presence = feature("presence", {
  create: ({ presence }) => ({
    emits: [
      emitted("presence", {
        summary:
          "Who came into a watched room and who left it, since the last such event or the answer to `watch`.",
        payload: z.strictObject({ room: roomName, joined: users, left: users, count }),
      }),
    ],
    events: [
      event(
        "presence",
        {
          summary: "Asks who is in a durable room, and on request who comes and goes from then on.",
          access: ruled(["presence", "watch"], ({ room, watch }: z.output<typeof question>) => ({
            operation: watch === true ? "watch" : "presence",
            room,
          })),
          payload: question,
          ack: z.strictObject({ users, count }),
          leaves: ({ room, watch }) => (watch === false ? presenceChannel(room) : undefined),
          enters: ({ room, watch }) => (watch === true ? presenceChannel(room) : undefined),
        },
        async ({ payload: { room, watch }, entry, acknowledge }) => {
          if (watch !== true) return await presence.query(room);
          await presence.watch(room, (list) => {
            // Watching and answering belong into this one tick: an event emitted between them would be missed.
            entry.enter();
            acknowledge(list);
          });
          return undefined;
        },
      ),
    ],
  }),
});
