import { z } from "zod";
import { keyForItems } from "../../contract/access.js";
import { ROOM_OPERATIONS, SERVER_OPERATIONS } from "../../contract/operations.js";
import { roomName } from "../../contract/room-schemas.js";
import { type Route, route } from "../../contract/route.js";

/** What a holder of a key can find out about it. */
export function keyRoute(): Route {
  return route(
    "GET",
    "/v1/key",
    {
      summary:
        "Tells which key this is, what it may do besides what concerns single rooms, and with `room` what it may do in that one.",
      access: keyForItems([...ROOM_OPERATIONS, ...SERVER_OPERATIONS]),
      query: z.strictObject({ room: roomName.optional() }),
      reply: z.strictObject({
        key: z.string().max(64).describe("Its name, `kid`"),
        operations: z.array(z.enum(SERVER_OPERATIONS)).max(SERVER_OPERATIONS.length),
        inRoom: z
          .array(z.enum(ROOM_OPERATIONS))
          .max(ROOM_OPERATIONS.length)
          .optional()
          .describe("With `room`: what it may do there"),
      }),
    },
    ({ passport, query: { room } }) => ({
      key: passport.key ?? "",
      operations: SERVER_OPERATIONS.filter((operation) => passport.may({ operation })),
      ...(room === undefined
        ? {}
        : { inRoom: ROOM_OPERATIONS.filter((operation) => passport.may({ operation, room })) }),
    }),
  );
}
