import { type Request, Router } from "express";
import { z } from "zod";
import { MESSAGE_ID } from "../../contract/room-names.js";
import { roomName } from "../../contract/room-requests.js";
import type { Subscription } from "../../contract/types.js";
import type { Json } from "../../domain.js";
import type { RoomAccess } from "../../services/room-access.js";
import type { Rooms } from "../../services/rooms/rooms.js";
import { parse, wholeNumber } from "../../validation.js";
import { allowOnly } from "../allow-only.js";
import { userOf } from "../identity.js";

/** A page of a room that nobody has used: it has no log yet, so there is no epoch. Reading does not make one. */
const NEVER_USED = { epoch: null, after: 0, to: 0, messages: [] };

/** What the routes of durable rooms need. */
export interface RoomRouteParts {
  readonly rooms: Rooms;
  readonly mayDo: RoomAccess;
  /** Bounds the body of a message. */
  readonly body: z.ZodType<Json>;
  readonly pageMessages: number;
}

/**
 * Durable rooms over HTTP, the same as over Socket.IO. `POST /rooms/:room/messages {id, body}` stores a message once,
 * however often it is sent; `GET /rooms/:room/messages?after=&epoch=&limit=` reads onwards, `?before=&limit=` backwards.
 */
export function roomRoutes({ rooms, mayDo, body, pageMessages }: RoomRouteParts): Router {
  const seq = wholeNumber(0, Number.MAX_SAFE_INTEGER);
  // More than a page is no error but a page, as for sockets.
  const limit = wholeNumber(1, Number.MAX_SAFE_INTEGER).optional();
  const message = z.strictObject({ id: z.string().regex(MESSAGE_ID), body });
  const onwards = z.strictObject({
    after: seq.default(0),
    epoch: z.string().min(1).max(64).optional(),
    limit,
  });
  const backwards = z.strictObject({ before: seq.optional(), limit });

  async function readOnwards(name: string, request: Request): Promise<object> {
    const from = parse(onwards, request.query);
    const page = await rooms.read({ room: name, ...from });
    if (page !== undefined) return cut(page, Math.min(from.limit ?? pageMessages, pageMessages));
    return from.epoch === undefined
      ? { ...NEVER_USED, live: true }
      : { reset: true, epoch: null, floor: 0, to: 0 };
  }

  async function readBackwards(name: string, request: Request): Promise<object> {
    const page = await rooms.scrollBack({ room: name, ...parse(backwards, request.query) });
    return page ?? { ...NEVER_USED, more: false };
  }

  return Router()
    .post("/rooms/:room/messages", async (request, response) => {
      const name = parse(roomName, request.params.room);
      const { id, body } = parse(message, request.body);
      const from = userOf(request);
      await mayDo(from, name, "publish");
      // The log looks before it writes: a client that lost the answer just asks again.
      const [seq] = await rooms.publish({ room: name, from, messages: [{ id, body }], retry: true });
      response.json({ room: name, seq, id });
    })
    .get("/rooms/:room/messages", async (request, response) => {
      const name = parse(roomName, request.params.room);
      await mayDo(userOf(request), name, "read");
      const page =
        "before" in request.query ? await readBackwards(name, request) : await readOnwards(name, request);
      response.json({ room: name, ...page });
    })
    .all("/rooms/:room/messages", allowOnly("GET", "POST"));
}

/** A page for a socket may carry more than was asked for, up to the live events; here the limit is one. */
function cut(page: Subscription, limit: number): Subscription {
  if ("reset" in page || page.messages.length <= limit) return page;
  const messages = page.messages.slice(0, limit);
  return { ...page, messages, to: messages.at(-1)?.seq ?? page.after, live: false };
}
