import { mongo } from "mongoose";
import { readConfig } from "../../src/engine/config/config.js";
import { ROOM_LIMITS } from "../../src/engine/rooms/limits.js";
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

describe("what may wait for a client", () => {
  const backlogOf = (messageBytes: number, backlogBytes: number) =>
    readConfig({ MESSAGE_LIMIT_BYTES: String(messageBytes), CLIENT_BACKLOG_BYTES: String(backlogBytes) })
      .limits.backlog.bytes;

  test("is no less than the largest message and what is around it", () => {
    expect(backlogOf(8_000_000, 8_004_096)).toBe(8_004_096);
    expect(() => backlogOf(8_000_000, 8_004_095)).toThrow(
      "CLIENT_BACKLOG_BYTES must be at least 4096 more than MESSAGE_LIMIT_BYTES: clients that read slowly would never get the largest messages",
    );
  });

  test("by default is no less than that either", () => {
    expect(() => readConfig({ MESSAGE_LIMIT_BYTES: "4194304" })).toThrow(
      "CLIENT_BACKLOG_BYTES must be at least",
    );
  });

  test("is no less than a page of a room, whatever its letters", () => {
    const page = "€".repeat(ROOM_LIMITS.pageBytes + ROOM_LIMITS.ringBytes);
    const leastBytes = 1_048_576;

    expect(backlogOf(65_536, leastBytes)).toBeGreaterThan(Buffer.byteLength(page));
    expect(() => backlogOf(1, leastBytes - 1)).toThrow(
      "CLIENT_BACKLOG_BYTES must be a whole number from 1048576",
    );
  });
});
