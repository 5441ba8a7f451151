import { z } from "zod";
import { keyForItems } from "../../contract/access.js";
import { ROOM_OPERATIONS, SERVER_OPERATIONS } from "../../contract/operations.js";
import { type Route, route } from "../../contract/route.js";

/** What a holder of a key can find out about it. */
export function keyRoute(): Route {
  return route(
    "GET",
    "/v1/key",
    {
      summary: "Tells which key this is, and what it may do besides what concerns single rooms.",
      access: keyForItems([...ROOM_OPERATIONS, ...SERVER_OPERATIONS]),
      reply: z.strictObject({
        key: z.string().max(64).describe("Its name, `kid`"),
        operations: z.array(z.enum(SERVER_OPERATIONS)).max(SERVER_OPERATIONS.length),
      }),
    },
    ({ passport }) => ({
      key: passport.key ?? "",
      operations: SERVER_OPERATIONS.filter((operation) => passport.may({ operation })),
    }),
  );
}
