import { z } from "zod";
import { key, keyInRoom } from "../../contract/access.js";
import { AppError } from "../../contract/errors.js";
import type { Engine } from "../../contract/feature.js";
import { epoch, namedRoom, position, roomName, userId } from "../../contract/room-schemas.js";
import { type Route, route } from "../../contract/route.js";
import { wholeNumber } from "../../contract/validation.js";
import { pageOf } from "../rooms/room-pages.js";
import { pageQuery, pageReply } from "../rooms/rooms.schemas.js";

const MOST_ROOMS = 100;

const state = {
  room: roomName,
  epoch,
  floor: position.describe("Highest number that is gone"),
  head: position.describe("Highest number that was given to a message"),
};

const count = z.int().min(0);
const ofRoom = z.strictObject(state).meta({ id: "RoomState", description: "Where a durable room stands" });

/** A room's head as the store has it, in words of the API. */
function shown({ room, epoch, floor, seq }: { room: string; epoch: string; floor: number; seq: number }) {
  return { room, epoch, floor, head: seq };
}

/** What there is of durable rooms, and their end. */
export function roomRoutes(engine: Engine): readonly Route[] {
  const { rooms, presence, acted } = engine;
  return [
    route(
      "GET",
      "/v1/rooms",
      {
        summary: "Lists durable rooms in the order of their names; `next` is the `after` of the next page.",
        access: key("rooms"),
        query: z.strictObject({
          prefix: roomName.optional().describe("Of their names"),
          after: roomName.optional().describe("Begins behind this name"),
          limit: wholeNumber(1, MOST_ROOMS).default(MOST_ROOMS),
        }),
        reply: z.strictObject({ rooms: z.array(ofRoom).max(MOST_ROOMS), next: roomName.optional() }),
      },
      async ({ query }) => {
        const found = (await rooms.list(query)).map(shown);
        const last = found.length < query.limit ? undefined : found.at(-1);
        return { rooms: found, ...(last === undefined ? {} : { next: last.room }) };
      },
    ),
    route(
      "GET",
      "/v1/rooms/:room",
      {
        summary: "Tells where a durable room stands and how many users get its messages.",
        access: keyInRoom("page"),
        params: namedRoom,
        reply: z.strictObject({ ...state, members: count }),
        errors: ["not_found"],
      },
      async ({ params: { room } }) => {
        const found = await rooms.state(room);
        if (found === undefined) throw new AppError("not_found", "This room was never used");
        return { ...shown(found), members: (await presence.query(room)).count };
      },
    ),
    route(
      "DELETE",
      "/v1/rooms/:room",
      {
        summary:
          "Removes all messages of a durable room. It has another epoch then, its numbers go on, and subscribers begin afresh.",
        access: keyInRoom("manage"),
        params: namedRoom,
        reply: ofRoom,
        errors: ["not_found"],
      },
      async ({ params: { room }, passport }) => {
        const ended = await rooms.end(room);
        if (ended === undefined) throw new AppError("not_found", "This room was never used");
        acted({ type: "end", key: passport.key, target: `room:${room}` });
        return shown(ended);
      },
    ),
    route(
      "GET",
      "/v1/rooms/:room/messages",
      {
        summary: "Reads a durable room as `GET /rooms/:room/messages` does.",
        access: keyInRoom("page"),
        params: namedRoom,
        query: pageQuery,
        reply: pageReply,
      },
      ({ params: { room }, query }) => pageOf(engine, room, query),
    ),
    route(
      "GET",
      "/v1/rooms/:room/presence",
      {
        summary: "Tells which users get the messages of a durable room, up to 500 of them.",
        access: keyInRoom("presence"),
        params: namedRoom,
        reply: z.strictObject({ users: z.array(userId).max(500).readonly(), count }),
      },
      ({ params: { room } }) => presence.query(room),
    ),
  ];
}
