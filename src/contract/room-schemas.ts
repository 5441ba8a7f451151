import { z } from "zod";
import type { Json } from "./domain.js";
import { MESSAGE_ID, ROOM_NAME, SENDER_ID } from "./room-names.js";

/** The name of a room, of whatever kind. */
export const roomName = z
  .string()
  .regex(ROOM_NAME, "must be 1 to 128 letters, digits or any of _ . : @ -, and not . or ..");

/** The sender's own id of a message. */
export const messageId = z.string().regex(MESSAGE_ID, "must be 1 to 64 letters, digits or any of _ . : @ -");

/** Whom a connection speaks for. */
export const userId = z.string().regex(SENDER_ID, "must be 1 to 64 letters, digits or any of _ . : @ -");

/** Names a room, and nothing else. */
export const namedRoom = z.strictObject({ room: roomName });

/** A number of a durable room's log, from 1; 0 is before the first. */
export const position = z.int().min(0);

/** Epochs are made by the store; a client only ever returns one. */
export const epoch = z.string().min(1).max(64);

/** A body as it was stored, whatever the limit was then. */
const storedBody = z.custom<Json>((value) => value !== undefined).describe("Any JSON value");

/** See `WireMessage`. */
export const wireMessage = z.strictObject({
  seq: z.int().min(1),
  id: messageId,
  from: userId,
  at: z.iso.datetime(),
  body: storedBody,
});

/** What every page of a room has: all there is in (after, to]. */
const page = {
  epoch,
  after: position,
  to: position,
  messages: z.array(wireMessage).readonly(),
};

/** See `RoomPage`. */
export const roomPage = z.strictObject({
  ...page,
  live: z.boolean().describe("Whether `to` is where the live events begin"),
});

/** See `RoomReset`. */
export const roomReset = z.strictObject({
  reset: z.literal(true),
  epoch,
  floor: position.describe("Highest number that retention has removed"),
  to: position,
});

/** See `HistoryPage`. */
export const historyPage = z.strictObject({
  ...page,
  more: z.boolean().describe("Whether there is something at or below `after`"),
});

/** See `LiveBatch`. */
export const liveBatch = z.strictObject({ room: roomName, ...page });
