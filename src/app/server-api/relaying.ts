import { z } from "zod";
import { keyForItems, mustAllow } from "../../contract/access.js";
import { logChannel, relayChannel } from "../../contract/channel.js";
import { emitted } from "../../contract/emitted.js";
import { AppError } from "../../contract/errors.js";
import type { Engine, InputLimits } from "../../contract/feature.js";
import type { Asked } from "../../contract/operations.js";
import { roomName, userId } from "../../contract/room-schemas.js";
import { type Route, route } from "../../contract/route.js";

const MOST_USERS = 100;

const eventName = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, "must be 1 to 64 letters, digits or any of _ . : -")
  .describe("What the application calls it");

const at = z.iso.datetime().describe("When it was sent on");

/** What a server has sent, as clients get it. */
export function noticeOf({ body }: InputLimits) {
  return emitted("notice", {
    summary:
      "What a server of the application sends: to everyone, to a user, or to a room that this client has joined or subscribed to. At most once.",
    payload: z.strictObject({ room: roomName.optional(), event: eventName, body, at }),
  });
}

type Notice = ReturnType<typeof noticeOf>;

/** What is asked for the right to send it. */
function askedOf({ room, users }: { room?: string | undefined; users?: unknown }): Asked {
  if (room !== undefined) return { operation: "relay", room };
  return { operation: users === undefined ? "broadcast" : "users" };
}

/** Something that a server passes on and that is stored nowhere. */
export function relayRoute({ send, audience, limits }: Engine, notice: Notice): Route {
  return route(
    "POST",
    "/v1/relay",
    {
      summary:
        "Sends clients the event `notice`, which is not stored: those in a room, all connections of up to 100 users (`users`), or everyone (`broadcast`). `temporary` while not all workers can be reached; then nobody got it.",
      access: keyForItems(["relay", "users", "broadcast"]),
      body: z
        .strictObject({
          room: roomName.optional(),
          users: z.array(userId).min(1).max(MOST_USERS).optional(),
          event: eventName,
          body: limits.body,
        })
        .refine(({ room, users }) => room === undefined || users === undefined, {
          path: ["users"],
          message: "must not be given together with `room`",
        }),
      reply: z.strictObject({ at }),
    },
    ({ body: { room, users, event, body }, passport }) => {
      mustAllow(passport, askedOf({ room, users }));
      if (!audience.isComplete()) throw new AppError("temporary", "Not all workers can be reached right now");
      const payload = { event, body, at: new Date().toISOString() };
      if (room !== undefined) send([relayChannel(room), logChannel(room)], notice, { ...payload, room });
      else if (users !== undefined) audience.users(users, notice, payload);
      else audience.everyone(notice, payload);
      return { at: payload.at };
    },
  );
}
