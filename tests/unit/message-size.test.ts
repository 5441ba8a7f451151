import { mongo } from "mongoose";
import { readConfig } from "../../src/engine/config/config.js";
import { recordOf } from "../../src/engine/stores/room-records.js";

const MOST_BYTES = 16_000_000;
/** Of a document, as MongoDB takes it. */
const DOCUMENT_BYTES = 16 * 1024 * 1024;

function limitOf(bytes: number): number {
  const backlog = { CLIENT_BACKLOG_BYTES: "67108864" };
  return readConfig({ MESSAGE_LIMIT_BYTES: String(bytes), ...backlog }).limits.messageBytes;
}

test("the largest body that may be allowed can be stored, with the longest names", () => {
  const record = recordOf({
    room: "r".repeat(128),
    from: "u".repeat(128),
    id: "i".repeat(64),
    seq: Number.MAX_SAFE_INTEGER,
    at: Date.now(),
    body: "x".repeat(limitOf(MOST_BYTES) - 2),
  });

  expect(mongo.BSON.calculateObjectSize(record)).toBeLessThan(DOCUMENT_BYTES);
});

test("no larger one may be allowed", () => {
  expect(() => limitOf(MOST_BYTES + 1)).toThrow(
    "MESSAGE_LIMIT_BYTES must be a whole number from 1 to 16000000",
  );
});
