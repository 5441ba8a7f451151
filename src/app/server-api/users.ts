import { z } from "zod";
import { key, keyForItems, mustAllow } from "../../contract/access.js";
import type { Engine } from "../../contract/feature.js";
import { roomName, userId } from "../../contract/room-schemas.js";
import { type Route, route } from "../../contract/route.js";
import { MOST_ROOMS_SHOWN } from "../../contract/users.js";

const MOST_ROOMS = 100;
/** More connections than this of one user are not listed. */
const MOST_LISTED = 1000;

const named = z.strictObject({ user: userId });
const count = z.int().min(0);
const rooms = z.array(roomName).max(MOST_ROOMS);

const connection = z
  .strictObject({
    session: z.string().max(64).describe("Public id of the Socket.IO session, or of the stream"),
    instance: z.string().max(64),
    worker: z.int().min(1),
    transport: z.string().max(32),
    since: z.iso.datetime(),
    rooms: z
      .array(roomName)
      .max(MOST_ROOMS_SHOWN)
      .readonly()
      .describe(`Those it has joined, subscribed to or watches, up to ${MOST_ROOMS_SHOWN}`),
    roomCount: count,
  })
  .meta({ id: "UserConnection", description: "A connection of a user, on whatever instance" });

/** Where users are, and what becomes of their connections. All answer `temporary` when a worker is not heard in time. */
export function userRoutes({ users, acted }: Engine): readonly Route[] {
  return [
    route(
      "GET",
      "/v1/users/:user",
      {
        summary: "Lists the connections of a user on all instances; none for one who is not there.",
        access: key("users"),
        params: named,
        reply: z.strictObject({ user: userId, connections: z.array(connection).max(MOST_LISTED), count }),
      },
      async ({ params: { user } }) => {
        const found = await users.find(user);
        return { user, connections: found.slice(0, MOST_LISTED), count: found.length };
      },
    ),
    route(
      "POST",
      "/v1/users/:user/disconnect",
      {
        summary:
          "Ends all connections of a user. With `reconnect` their transports are closed, and clients come back by themselves; without it stock clients stay away. He may come again: a token is taken back by a revocation.",
        access: key("users"),
        params: named,
        body: z.strictObject({ reconnect: z.boolean() }),
        reply: z.strictObject({ connections: count.describe("How many there were") }),
      },
      async ({ params: { user }, body: { reconnect }, passport }) => {
        const connections = await users.disconnect(user, reconnect);
        acted({ type: "remove", key: passport.key, target: `user:${user}` });
        return { connections };
      },
    ),
    route(
      "POST",
      "/v1/users/:user/rooms",
      {
        summary:
          "Puts the connections that a user has into rooms that are relayed to, and takes them out of rooms, whatever they get of them: they are told by `room_closed`, and streams of these rooms end. Needs `users`, and `manage` in each of the rooms. What the user may do by himself stays as it is.",
        access: keyForItems(["users", "manage"]),
        params: named,
        body: z.strictObject({ join: rooms.default([]), leave: rooms.default([]) }),
        reply: z.strictObject({
          connections: count.describe("Those that are where they should be"),
          full: count.describe("Those that are in as many rooms as they may be"),
        }),
      },
      async ({ params: { user }, body: { join, leave }, passport }) => {
        mustAllow(passport, { operation: "users" });
        for (const room of [...join, ...leave]) mustAllow(passport, { operation: "manage", room });
        const moved = await users.move(user, join, leave);
        acted({ type: "move", key: passport.key, target: `user:${user}` });
        return moved;
      },
    ),
  ];
}
