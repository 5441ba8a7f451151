import { z } from "zod";
import { keyForItems, mustAllow } from "../../contract/access.js";
import type { Json } from "../../contract/domain.js";
import { errorBody } from "../../contract/error-schema.js";
import { AppError } from "../../contract/errors.js";
import type { Engine } from "../../contract/feature.js";
import type { Passport } from "../../contract/passport.js";
import type { Published } from "../../contract/published.js";
import { messageId, position, roomName, userId } from "../../contract/room-schemas.js";
import { type Route, route } from "../../contract/route.js";

const MOST_ITEMS = 100;

const result = z
  .union([
    z.strictObject({ ok: z.literal(true), room: roomName, id: messageId, seq: position }),
    z.strictObject({ ok: z.literal(false), room: roomName, id: messageId, error: errorBody }),
  ])
  .meta({ id: "PublishResult", description: "Whether this one is stored" });

/** One for each item or room, in their order. */
const results = z.strictObject({ results: z.array(result).max(MOST_ITEMS) });

interface Item {
  readonly room: string;
  readonly id: string;
  readonly from: string;
  readonly body: Json;
}

/** Messages that a server stores: in one room each, or one in many. */
export function publishRoutes({ rooms, limits, log }: Engine): readonly Route[] {
  const message = { id: messageId, from: userId, body: limits.body };

  async function publish(
    { room, from, id, body }: Item,
    passport: Passport,
  ): Promise<z.input<typeof result>> {
    try {
      mustAllow(passport, { operation: "publish", room });
      // The log looks before it writes: whoever lost the answer just asks again.
      const request = { room, from, messages: [{ id, body }], retry: true, exact: true };
      const [seq = 0] = await rooms.publish(request);
      return { ok: true, room, id, seq };
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError("internal", undefined, { cause: error });
      if (known.code === "internal") log.error({ err: error, room }, "a message of the server API failed");
      return { ok: false, room, id, error: known.body };
    }
  }

  return [
    route(
      "POST",
      "/v1/publish",
      {
        summary:
          "Stores up to 100 messages, and answers for each. One that is sent again is stored once while the room keeps it; `id_conflict` where its id has another body.",
        access: keyForItems(["publish"]),
        body: z.strictObject({
          items: z
            .array(z.strictObject({ room: roomName, ...message }))
            .min(1)
            .max(MOST_ITEMS),
        }),
        reply: results,
        publishes: (_params, { items }, passport) =>
          allowedOf(
            items.map(({ room }) => room),
            passport,
          ),
      },
      // All at once: they are taken in their order, and those of a room are stored in it.
      async ({ body: { items }, passport }) => ({
        results: await Promise.all(items.map((item) => publish(item, passport))),
      }),
    ),
    route(
      "POST",
      "/v1/broadcast",
      {
        summary: "Stores one message in up to 100 rooms, and answers for each as `/v1/publish` does.",
        access: keyForItems(["publish"]),
        body: z.strictObject({ rooms: z.array(roomName).min(1).max(MOST_ITEMS), ...message }),
        reply: results,
        publishes: (_params, { rooms: names }, passport) => allowedOf(names, passport),
      },
      async ({ body: { rooms: names, ...item }, passport }) => ({
        results: await Promise.all(names.map((room) => publish({ ...item, room }, passport))),
      }),
    ),
  ];
}

/** What a room's rate is charged for: what the key may not publish costs the room nothing. */
function allowedOf(names: readonly string[], passport: Passport): Published[] {
  return names
    .filter((room) => passport.may({ operation: "publish", room }))
    .map((room) => ({ room, messages: 1 }));
}
