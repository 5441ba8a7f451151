import { z } from "zod";
import type { Json } from "../domain.js";
import { MESSAGE_ID, ROOM_NAME } from "./room-names.js";

/** The name of a room, of whatever kind. */
export const roomName = z
  .string()
  .regex(ROOM_NAME, "must be 1 to 128 letters, digits or any of _ . : @ -, and not . or ..");
const room = roomName;
const id = z.string().regex(MESSAGE_ID, "must be 1 to 64 letters, digits or any of _ . : @ -");
const position = z.int().min(0);
/** Epochs are made by the store; a client only ever returns one. */
const epoch = z.string().min(1).max(64);

/**
 * Schemas of what clients send about rooms, over Socket.IO and HTTP. `body` must bound the size and the depth of a
 * body, and refuse what is not JSON, as everything that passes has to be storable: a message that never can be would
 * hold up its room.
 */
export function roomRequests(body: z.ZodType<Json>, limits: { readonly publishMessages: number }) {
  // More than a page is no error but a page: clients need not know the server's configuration.
  const limit = z.int();
  const messages = z.array(z.strictObject({ id, body })).min(1).max(limits.publishMessages);
  return {
    publish: z.strictObject({ room, messages, retry: z.boolean().optional() }),
    /** Without `after`, a limit of 0 means: nothing of the past. With it, a page of 0 would never get on. */
    subscribe: z
      .strictObject({
        room,
        after: position.optional(),
        epoch: epoch.optional(),
        limit: limit.min(0).optional(),
      })
      .refine((request) => request.after === undefined || request.limit !== 0, {
        path: ["limit"],
        message: "must be at least 1 when `after` is given",
      }),
    scrollBack: z.strictObject({
      room,
      before: position.optional(),
      limit: limit.min(1).optional(),
    }),
    unsubscribe: z.strictObject({ room }),
  };
}
