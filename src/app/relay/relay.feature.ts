import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { room, ruled, user } from "../../contract/access.js";
import { relayChannel } from "../../contract/channel.js";
import { emitted } from "../../contract/emitted.js";
import { AppError } from "../../contract/errors.js";
import { event } from "../../contract/event.js";
import { feature } from "../../contract/feature.js";
import { namedRoom, roomName } from "../../contract/room-schemas.js";
import { bodyBytes } from "../../contract/sizes.js";

/** Time for which a message occupies one of its sender's open events: at least, and per byte, in milliseconds. */
const LEAST_MS = 10;
const MS_PER_BYTE = 0.01;

const at = z.iso.datetime().describe("When it was sent on");

/** Messages that are passed on at once and stored nowhere: at most once, to who is there. */
export const relay = feature("relay", {
  create({ limits }) {
    const relayed = emitted("message", {
      summary: "A message of another client, to everyone or to a room that this one has joined.",
      payload: z.strictObject({
        from: z.string().max(64).describe("Session id of the sender"),
        room: roomName.optional(),
        body: limits.body,
        at,
      }),
    });

    return {
      emits: [relayed],
      events: [
        event(
          "join",
          {
            summary: "Joins a room. May be repeated.",
            access: room("join"),
            payload: namedRoom,
            ack: namedRoom,
            enters: ({ room }) => relayChannel(room),
          },
          ({ payload, entry }) => {
            entry.enter();
            return payload;
          },
        ),
        event(
          "leave",
          {
            summary: "Leaves a room. May be repeated.",
            access: user,
            payload: namedRoom,
            ack: namedRoom,
            leaves: ({ room }) => relayChannel(room),
          },
          ({ payload }) => payload,
        ),
        /*
         * The acknowledgement says that it was sent on, not that anybody got it. It costs the sender little and its receivers much: it
         * counts as open for a while after its acknowledgement, so that one connection sends on no more than 1600 messages or 1.6 MB
         * a second by default, and receivers on ordinary lines keep up.
         */
        event(
          "message",
          {
            summary:
              "Relays a message, at most once, to all other clients or to the others in a room that the sender has joined.",
            access: ruled(["relay", "broadcast"], ({ room }: { room?: string | undefined }) =>
              room === undefined ? { operation: "broadcast" } : { operation: "relay", room },
            ),
            payload: z.strictObject({ body: limits.body, room: roomName.optional() }),
            ack: z.strictObject({ at }),
            errors: ["not_in_room"],
          },
          async ({ payload: { body, room }, client, acknowledge }) => {
            const channel = room === undefined ? undefined : relayChannel(room);
            if (channel !== undefined && !client.isIn(channel)) throw new AppError("not_in_room");
            const sentAt = new Date().toISOString();
            client.relay(
              relayed,
              { from: client.session, body, at: sentAt, ...(room === undefined ? {} : { room }) },
              channel,
            );
            acknowledge({ at: sentAt });
            await pause(Math.max(LEAST_MS, MS_PER_BYTE * bodyBytes(body)), undefined, { ref: false });
            return undefined;
          },
        ),
      ],
    };
  },
});
