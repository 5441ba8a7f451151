/** The code of the recipes in docs/extending.md, which a test finds here: so it is linted, and its types are checked. Nothing runs it. */
import { z } from "zod";
import { operator, room, user } from "../src/contract/access.js";
import { relayChannel } from "../src/contract/channel.js";
import { emitted } from "../src/contract/emitted.js";
import { AppError } from "../src/contract/errors.js";
import { event } from "../src/contract/event.js";
import { feature } from "../src/contract/feature.js";
import { documentId, namedRoom, roomName, userId } from "../src/contract/room-schemas.js";
import { route } from "../src/contract/route.js";
import { integer } from "../src/engine/config/values.js";

interface Service {
  remove(from: string, id: string): Promise<boolean>;
  isBlocked(user: string): Promise<boolean>;
  block(user: string): Promise<void>;
}
declare const service: Service;

export const removal = feature("removal", {
  create: () => ({
    routes: [
      route(
        "DELETE",
        "/notes/:id",
        {
          summary: "Removes a note of one's own.",
          access: user,
          params: z.strictObject({ id: documentId }),
          reply: z.strictObject({ id: documentId }),
          errors: ["not_found"],
        },
        async ({ params, user }) => {
          if (!(await service.remove(user, params.id))) throw new AppError("not_found");
          return params;
        },
      ),
    ],
  }),
});

const waved = emitted("waved", {
  summary: "Somebody in a room that this client has joined waves.",
  payload: z.strictObject({ room: roomName, from: userId }),
});

export const waving = feature("waving", {
  create: () => ({
    emits: [waved],
    events: [
      event(
        "wave",
        {
          summary: "Waves to the others in a room that the sender has joined.",
          access: room("relay"),
          payload: namedRoom,
          errors: ["not_in_room"],
        },
        ({ payload, user, client }) => {
          const channel = relayChannel(payload.room);
          if (!client.isIn(channel)) throw new AppError("not_in_room");
          client.relay(waved, { room: payload.room, from: user }, channel);
        },
      ),
    ],
  }),
});

export const news = feature("news", {
  create: () => ({
    async rule(user, { operation, room }) {
      if (operation === "publish" && room.startsWith("news:") && user !== "editor") {
        throw new AppError("forbidden", "Only the editor publishes here");
      }
      if (await service.isBlocked(user)) throw new AppError("forbidden");
    },
  }),
});

export const blocking = feature("blocking", {
  create: ({ access }) => ({
    rule: {
      cacheMs: 5000,
      async ask(user) {
        if (await service.isBlocked(user)) throw new AppError("forbidden");
      },
    },
    routes: [
      route(
        "PUT",
        "/users/:user/block",
        {
          summary: "Keeps a user out of all rooms, at once.",
          access: operator,
          params: z.strictObject({ user: userId }),
          reply: z.strictObject({}),
        },
        async ({ params: { user } }) => {
          await service.block(user);
          await access.recheck({ user });
          return {};
        },
      ),
    ],
  }),
});

export const APP_VARIABLES = {
  NOTES_LISTED: integer(1, 100)({ default: 20, desc: "Notes of a list" }),
};

export const counted = feature("counted", {
  create({ metrics }) {
    const added = metrics.counter("notes_added_total", "Notes that were added");
    return { onConnect: () => added.add() };
  },
});

export const stored = feature("stored", {
  create: ({ rooms }) => ({
    routes: [
      route(
        "POST",
        "/orders/:id",
        {
          summary: "Tells all who follow the room of orders, now or later.",
          access: user,
          params: z.strictObject({ id: z.string().max(40) }),
          reply: z.strictObject({ seq: z.int(), isThere: z.boolean() }),
        },
        async ({ params, user }) => {
          const room = "orders";
          const messages = [{ id: params.id, body: { order: params.id } }];
          const [seq = 0] = await rooms.publish({ room: "orders", from: user, messages, retry: true });
          const isThere =
            (await rooms.scrollBack({ room, before: seq + 1, limit: 1 }))?.messages[0]?.seq === seq;
          return { seq, isThere };
        },
      ),
    ],
  }),
});
