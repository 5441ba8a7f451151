import { z } from "zod";
import type { InputLimits } from "../../contract/feature.js";
import {
  epoch,
  historyPage,
  messageId,
  position,
  roomName,
  roomPage,
  roomReset,
} from "../../contract/room-schemas.js";
import { wholeNumber } from "../../contract/validation.js";

/** `publish`. A body that passes can be stored: one that never can be would hold up its room. */
export function publishRequest({ body, publishMessages }: InputLimits) {
  const messages = z
    .array(z.strictObject({ id: messageId, body }))
    .min(1)
    .max(publishMessages);
  return z.strictObject({
    room: roomName,
    messages,
    retry: z.boolean().optional().describe("Whether any of these messages may have been sent before"),
  });
}

/** `subscribe`. More than a page is no error but a page: clients need not know the server's configuration. */
export const subscribeRequest = z
  .strictObject({
    room: roomName,
    after: position
      .optional()
      .describe("Goes on after this number; without it, begins with the last messages"),
    epoch: epoch.optional().describe("The log that `after` belongs to"),
    // Without `after`, 0 means: nothing of the past. With it, a page of 0 would never get on.
    limit: z.int().min(0).optional().describe("Messages of the page; at least 1 where `after` is given"),
  })
  .refine((request) => request.after === undefined || request.limit !== 0, {
    path: ["limit"],
    message: "must be at least 1 when `after` is given",
  });

export const subscription = z.union([roomPage, roomReset]);

/** `POST /rooms/:room/messages`. */
export function newMessage({ body }: InputLimits) {
  return z.strictObject({ id: messageId, body });
}

const number = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** `GET /rooms/:room/messages`: onwards from `after`, or backwards from `before`. */
export const pageQuery = z
  .strictObject({
    after: number.optional().describe("Reads onwards after this number; 0 by default"),
    epoch: epoch.optional().describe("The log that `after` belongs to"),
    before: number
      .optional()
      .describe("Reads backwards from below this number; not together with `after` or `epoch`"),
    limit: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
  })
  .refine(
    ({ before, after, epoch }) => before === undefined || (after === undefined && epoch === undefined),
    { path: ["before"], message: "must not be given together with `after` or `epoch`" },
  );

const room = { room: roomName };
/** A room that nobody has used has no log yet, so there is no epoch. */
const anyEpoch = { epoch: epoch.nullable() };

export const pageReply = z.union([
  roomPage.extend({ ...room, ...anyEpoch }).meta({ id: "PageOnwards", description: "For `after`" }),
  historyPage.extend({ ...room, ...anyEpoch }).meta({ id: "PageBackwards", description: "For `before`" }),
  roomReset.extend({ ...room, ...anyEpoch }).meta({ id: "PageReset", description: "See `RoomReset`" }),
]);

/** `GET /rooms/:room/stream`. */
export const streamQuery = z
  .strictObject({
    after: number.optional().describe("Goes on after this number; without it, begins with the last messages"),
    epoch: epoch.optional().describe("The log that `after` belongs to"),
    limit: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe("Messages of the past to begin with, where `after` is not given"),
  })
  .refine(({ after, limit }) => after === undefined || limit === undefined, {
    path: ["limit"],
    message: "must not be given together with `after`",
  });

/** The place of an event, as its id has it. */
export const lastEventId = z
  .string()
  .regex(/^[^:]{1,64}:(0|[1-9]\d{0,15})$/, "must be the id of an event of this stream")
  .transform((id) => {
    const [name = "", seq] = id.split(":");
    return { epoch: name, after: Number(seq) };
  })
  .refine(({ after }) => Number.isSafeInteger(after), "must be the id of an event of this stream");
