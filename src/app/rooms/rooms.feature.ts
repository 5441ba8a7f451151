import { z } from "zod";
import { room, user } from "../../contract/access.js";
import { logChannel } from "../../contract/channel.js";
import { emitted } from "../../contract/emitted.js";
import { event } from "../../contract/event.js";
import { type Engine, feature } from "../../contract/feature.js";
import { roomClosed } from "../../contract/room-closed.js";
import { liveBatch, messageId, namedRoom, position } from "../../contract/room-schemas.js";
import { route } from "../../contract/route.js";
import type { Subscription } from "../../contract/types.js";
import { pageOf } from "./room-pages.js";
import { roomStream } from "./room-stream.js";
import {
  newMessage,
  pageQuery,
  pageReply,
  publishRequest,
  subscribeRequest,
  subscription,
} from "./rooms.schemas.js";

/** Durable rooms: nothing that was acknowledged is lost, the same over Socket.IO and HTTP. */
export const rooms = feature("rooms", {
  create: (engine) => ({
    emits: [
      emitted("messages", {
        summary: "Messages of a durable room, in order and without gaps: all there is in (after, to].",
        payload: liveBatch,
      }),
      roomClosed,
    ],
    events: roomEvents(engine),
    routes: roomRoutes(engine),
    streams: [roomStream(engine)],
  }),
});

function roomEvents({ rooms, limits }: Engine) {
  return [
    event(
      "publish",
      {
        summary:
          "Stores messages, each once under its id, however often it is sent while the room keeps it; acknowledged once they are committed and journaled.",
        access: room("publish"),
        payload: publishRequest(limits),
        publishes: ({ room, messages }) => [{ room, messages: messages.length }],
        ack: z.strictObject({ seqs: z.array(position).max(limits.publishMessages) }),
      },
      async ({ payload: { room, messages, retry }, user }) => ({
        seqs: await rooms.publish({ room, from: user, messages, retry }),
      }),
    ),
    event(
      "subscribe",
      {
        summary: "Gives a page of the room, and from its end on every message as it comes.",
        access: room("subscribe"),
        payload: subscribeRequest,
        ack: subscription,
        enters: (request) => logChannel(request.room),
      },
      async ({ payload, user, entry, acknowledge }) => {
        const reply = (page: Subscription): void => {
          // Entering and answering belong into this one tick: an event emitted between them would be missed.
          const isLive = "live" in page && page.live;
          if (!isLive) entry.exit();
          acknowledge(isLive ? { ...page, live: entry.enter() } : page);
        };
        await rooms.subscribe(payload, reply, user);
        return undefined;
      },
    ),
    event(
      "unsubscribe",
      {
        summary: "Ends a subscription. May be repeated.",
        access: user,
        payload: namedRoom,
        ack: namedRoom,
        leaves: ({ room }) => logChannel(room),
      },
      ({ payload }) => payload,
    ),
  ];
}

function roomRoutes(engine: Engine) {
  const { rooms, limits } = engine;
  return [
    route(
      "POST",
      "/rooms/:room/messages",
      {
        summary: "Stores a message once under its id, however often it is sent while the room keeps it.",
        access: room("publish"),
        params: namedRoom,
        body: newMessage(limits),
        publishes: ({ room }) => [{ room, messages: 1 }],
        reply: z.strictObject({ ...namedRoom.shape, seq: position, id: messageId }),
      },
      async ({ params: { room }, body: { id, body }, user }) => {
        // The log looks before it writes: a client that lost the answer just asks again.
        const [seq = 0] = await rooms.publish({ room, from: user, messages: [{ id, body }], retry: true });
        return { room, seq, id };
      },
    ),
    route(
      "GET",
      "/rooms/:room/messages",
      {
        summary:
          "Reads a room: the messages after a number, those before one, or the newest. Reading makes no room: `epoch` is null until it was used.",
        access: room("page"),
        params: namedRoom,
        query: pageQuery,
        reply: pageReply,
      },
      ({ params: { room }, query }) => pageOf(engine, room, query),
    ),
  ];
}
