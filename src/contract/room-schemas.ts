import { z } from "zod";
import type { Json } from "./domain.js";
import { MESSAGE_ID, ROOM_NAME, USER_ID, USER_ID_FORM } from "./room-names.js";

/** What a message that was stored under another limit may have: MongoDB's documents are no larger. */
const MOST_BODY_BYTES = 16_777_216;

/** The largest ROOM_PAGE_MESSAGES, and the newest messages, which a worker has in memory. */
const MOST_PAGE_MESSAGES = 1000 + 64;

/** The name of a room, of whatever kind. */
export const roomName = z
  .string()
  .regex(ROOM_NAME, "must be 1 to 128 letters, digits or any of _ . : @ -, and not . or ..")
  .meta({
    id: "RoomName",
    description: "1 to 128 letters, digits or any of _ . : @ -, and not . or ..",
    examples: ["kitchen"],
  });

/** The sender's own id of a message. */
export const messageId = z
  .string()
  .regex(MESSAGE_ID, "must be 1 to 64 letters, digits or any of _ . : @ -")
  .meta({
    id: "MessageId",
    description: "The sender's own id of a message; makes a resend harmless",
    examples: ["m-1"],
  });

/** Whom a connection speaks for. */
export const userId = z
  .string()
  .regex(USER_ID, USER_ID_FORM)
  .meta({ id: "UserId", description: "Whom a connection or a request speaks for", examples: ["ann"] });

/** The id that MongoDB gives a document. */
export const documentId = z.string().regex(/^[0-9a-f]{24}$/, "must be 24 hexadecimal digits");

/** Names a room, and nothing else. */
export const namedRoom = z.strictObject({ room: roomName });

/** A number of a durable room's log, from 1; 0 is before the first. */
export const position = z.int().min(0);

/** Epochs are made by the store; a client only ever returns one. */
export const epoch = z
  .string()
  .min(1)
  .max(64)
  .meta({ id: "Epoch", description: "Names a room's log: numbers of another one mean nothing in it" });

/** A body as it was stored, whatever the limit was then. */
const storedBody = z
  .custom<Json>((value) => value !== undefined)
  .meta({
    id: "StoredBody",
    description: `Any JSON value but null, of at most ${MOST_BODY_BYTES} bytes as JSON text`,
    "x-max-bytes": MOST_BODY_BYTES,
  });

/** See `WireMessage`. */
export const wireMessage = z
  .strictObject({
    seq: z.int().min(1).describe("Its number in the room's log"),
    id: messageId,
    from: userId,
    at: z.iso.datetime().describe("When it was stored, by MongoDB's clock"),
    body: storedBody,
  })
  .meta({ id: "StoredMessage", description: "A message of a durable room" });

/** What every page of a room has: all there is in (after, to]. */
const page = {
  epoch,
  after: position,
  to: position,
  messages: z.array(wireMessage).max(MOST_PAGE_MESSAGES).readonly(),
};

/** See `RoomPage`. */
export const roomPage = z
  .strictObject({ ...page, live: z.boolean().describe("Whether `to` is where the live events begin") })
  .meta({ id: "RoomPage", description: "All there is in (after, to]" });

/** See `RoomReset`. */
export const roomReset = z
  .strictObject({
    reset: z.literal(true),
    epoch,
    floor: position.describe("Highest number that retention has removed"),
    to: position,
  })
  .meta({
    id: "RoomReset",
    description:
      "The messages after that number are gone, or it is beyond the log's end, or the log is another: begin afresh",
  });

/** See `HistoryPage`. */
export const historyPage = z.strictObject({
  ...page,
  more: z.boolean().describe("Whether there is something at or below `after`"),
});

/** See `LiveBatch`. */
export const liveBatch = z.strictObject({ room: roomName, ...page });
