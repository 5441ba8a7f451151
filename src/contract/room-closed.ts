import { z } from "zod";
import { emitted } from "./emitted.js";
import { ROOM_OPERATIONS, SERVER_OPERATIONS } from "./operations.js";
import { roomName } from "./room-schemas.js";

/** Sent by the engine, in a room's order: nothing of what has ended comes after it. */
export const roomClosed = emitted("room_closed", {
  summary:
    "The right to something in a room has ended, or a server took the user out of it: nothing of it comes any more. Presence there has ended with a subscription.",
  payload: z.strictObject({
    room: roomName.optional().describe("Absent where the operation concerns no room"),
    operation: z
      .enum([...ROOM_OPERATIONS, ...SERVER_OPERATIONS])
      .describe("What is not allowed any more: `subscribe`, `watch`, `join` or one of the application's"),
    code: z
      .enum(["forbidden", "temporary", "removed"])
      .describe(
        "`temporary`: whether it is still allowed could not be found out for a minute; ask again. `removed`: by a server of the application",
      ),
  }),
});

/** Its payload. */
export type RoomClosed = z.input<typeof roomClosed.payload>;
