import { z } from "zod";
import { room, user } from "../../contract/access.js";
import { presenceChannel } from "../../contract/channel.js";
import { emitted } from "../../contract/emitted.js";
import { event } from "../../contract/event.js";
import { type Engine, feature } from "../../contract/feature.js";
import { epoch, namedRoom, position, roomName, userId, wireMessage } from "../../contract/room-schemas.js";
import { type Route, route } from "../../contract/route.js";
import { wholeNumber } from "../../contract/validation.js";
import { createReadCursors, type ReadCursor, readCursorModel } from "./reads.model.js";
import { createReads, MOST_UNREAD, type Reads } from "./reads.service.js";

/** Rooms of one page: each takes two commands to MongoDB. */
const MOST_ROOMS = 20;
/** In rooms with more users than this only the user's own devices are told. */
const MOST_TOLD = 100;

const upTo = {
  upTo: position.describe(
    "Highest number that was read; the head where it is beyond that, and never less than before",
  ),
  epoch: epoch.optional().describe("The log that `upTo` belongs to; of another one nothing is moved"),
};
const cursor = { room: roomName, epoch, read: position };

const moved = emitted("read", {
  summary:
    "Up to where a user has read a room: for all connections of that user, and in rooms of up to 100 users for those who watch its presence. At most one a second for each worker.",
  payload: z.strictObject({ ...cursor, user: userId }),
});

/** Up to where users have read durable rooms, and what is unread. */
export const reads = feature("reads", {
  models: { readCursor: readCursorModel },
  create(engine) {
    const { models, database, rooms, log } = engine;

    /** The cursor is stored already: who is not told now hears of it when he asks. */
    async function tell(user: string, { room, epoch, read }: ReadCursor): Promise<void> {
      const news = { room, epoch, read, user };
      engine.audience.users([user], moved, news);
      const { count } = await engine.presence.query(room);
      if (count <= MOST_TOLD) engine.send(presenceChannel(room), moved, news);
    }
    const service = createReads({
      cursors: createReadCursors(models.readCursor, database),
      rooms,
      onMoved: (user, cursor) =>
        void tell(user, cursor).catch((error: unknown) =>
          log.debug({ err: error }, "not told what was read"),
        ),
    });

    return {
      emits: [moved],
      events: [
        event(
          "read",
          {
            summary: "Says up to where the user has read the room, for all devices of that user.",
            access: room("subscribe"),
            payload: z.strictObject({ ...namedRoom.shape, ...upTo }),
            ack: z.strictObject(cursor),
            errors: ["not_found", "too_many_rooms"],
          },
          ({ payload, user }) => service.move(user, payload),
        ),
      ],
      routes: readRoutes(service, engine),
      component: service,
    };
  },
});

function readRoutes(service: Reads, { may }: Pick<Engine, "may">): readonly Route[] {
  return [
    route(
      "PUT",
      "/rooms/:room/read",
      {
        summary: "Says up to where the user has read the room, as the event `read` does.",
        access: room("subscribe"),
        params: namedRoom,
        body: z.strictObject(upTo),
        reply: z.strictObject(cursor),
        errors: ["not_found", "too_many_rooms"],
      },
      ({ params, body, user }) => service.move(user, { ...params, ...body }),
    ),
    route(
      "DELETE",
      "/rooms/:room/read",
      {
        summary: "Takes a room off the user's list.",
        access: user,
        params: namedRoom,
        reply: namedRoom,
      },
      async ({ params, user: name }) => {
        await service.forget(name, params.room);
        return params;
      },
    ),
    route(
      "GET",
      "/me/rooms",
      {
        summary:
          "The rooms in which the user has said what he has read, in the order of their names, with what is unread there. Those that he may not read any more are left out.",
        access: user,
        query: z.strictObject({
          after: roomName.optional().describe("Begins behind this name"),
          limit: wholeNumber(1, MOST_ROOMS).default(MOST_ROOMS),
        }),
        reply: z.strictObject({
          rooms: z
            .array(
              z.strictObject({
                ...cursor,
                head: position.describe("Highest number that was given to a message"),
                unread: z
                  .int()
                  .min(0)
                  .max(MOST_UNREAD)
                  .describe("Messages above `read`; 100 stands for more than 99"),
                last: wireMessage.optional().describe("The newest message"),
              }),
            )
            .max(MOST_ROOMS),
          next: roomName.optional().describe("`after` of the next page"),
        }),
      },
      async ({ query: { after = "", limit }, passport, user: name }) => {
        const { cursors, more } = await service.list(name, after, limit);
        const found = await service.look(cursors);
        // Asked last: a right may have ended while it was read.
        const allowed = await Promise.all(
          found.map(({ room }) => may(passport, { operation: "subscribe", room })),
        );
        const rooms = found.filter((_room, at) => allowed[at]);
        const last = more ? cursors.at(-1)?.room : undefined;
        return { rooms, ...(last === undefined ? {} : { next: last }) };
      },
    ),
  ];
}
