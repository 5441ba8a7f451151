import { EventEmitter } from "node:events";
import { createRoomClient, type RoomSocket } from "../../../client/room-client.js";
import type { Connection } from "../../../src/engine/realtime/connections/connection.js";
import { createRefusalWatch } from "../../../src/engine/realtime/refusal-watch.js";
import { createRateBuckets } from "../../../src/engine/trust/limits/rate-buckets.js";

type Ack = (error: null, answer: object) => void;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask", "nextTick"] });
});
afterEach(() => {
  jest.useRealTimers();
});

const asItIs = (waitMs: number): number => Math.max(1, Math.ceil(waitMs));

/** The library on a server whose user has this rate, `rttMs` away; it asks to wait for as long as `told` makes of the time. */
function limited(perSecond: number, burst: number, rttMs: number, told = asItIs) {
  const now = () => performance.now();
  const buckets = createRateBuckets({ perSecond, burst }, now);
  const one = {} as Connection; // only its identity is looked at
  const counts = { stored: 0, refused: 0, closed: 0 };
  const watch = createRefusalWatch(() => {
    counts.closed += 1;
  }, now);

  function answer(messages: readonly unknown[]): object {
    const waitMs = buckets.take("ann");
    if (waitMs > 0) {
      counts.refused += 1;
      watch.refused(one);
      const retryAfterMs = told(waitMs);
      return { ok: false, error: { code: "rate_limited", message: "", temporary: true, retryAfterMs } };
    }
    buckets.charge("ann", messages.length - 1);
    counts.stored += messages.length;
    return { ok: true, seqs: messages.map(() => 1) };
  }

  const events = new EventEmitter().setMaxListeners(0);
  const socket = Object.assign(events, {
    connected: true,
    timeout: () => ({
      emit(_event: string, { messages }: { messages: readonly unknown[] }, ack: Ack) {
        setTimeout(() => {
          const reply = answer(messages);
          setTimeout(() => ack(null, reply), rttMs / 2);
        }, rttMs / 2);
      },
    }),
  });
  // Only what `RoomSocket` picks is there.
  const client = createRoomClient(socket as unknown as RoomSocket, { maxBytes: 600 });
  events.emit("session", {});
  return { client, counts };
}

const RATES = [
  [50, 100],
  [100, 5],
  [20, 5],
  [1, 1],
  [1000, 10],
] as const;
const WAYS = RATES.flatMap(([perSecond, burst]) =>
  [2, 100, 1000].flatMap((rttMs) =>
    [
      { rooms: 1, bytes: 200 },
      { rooms: 1, bytes: 10 },
      { rooms: 40, bytes: 500 },
    ].map(({ rooms, bytes }) => ({ perSecond, burst, rttMs, rooms, bytes })),
  ),
);

test.each(WAYS)(
  "it is never closed for its refusals: %j",
  async ({ perSecond, burst, rttMs, rooms, bytes }) => {
    const { client, counts } = limited(perSecond, burst, rttMs);
    const body = "x".repeat(bytes - 2);
    for (let n = 0; n < rooms; n += 1) {
      const room = client.room(`r-${n}`);
      // As many as come in, and no end of them.
      const next = () => void room.publish(body).then(next);
      for (let waiting = 0; waiting < (bytes < 100 ? 200 : 6); waiting += 1) next();
    }
    await jest.advanceTimersByTimeAsync(60_000);

    expect(counts).toMatchObject({ closed: 0 });
  },
);

test("it is not closed by a server that asks to wait for too short a time", async () => {
  const { client, counts } = limited(1, 1, 2, () => 1);
  for (let n = 0; n < 40; n += 1) void client.room(`r-${n}`).publish("x");
  await jest.advanceTimersByTimeAsync(60_000);

  expect(counts).toMatchObject({ closed: 0 });
});

test.each([
  { perSecond: 50, burst: 100, rttMs: 20, rooms: 1 },
  { perSecond: 100, burst: 5, rttMs: 2, rooms: 1 },
  { perSecond: 1000, burst: 10, rttMs: 2, rooms: 1 },
  { perSecond: 100, burst: 5, rttMs: 100, rooms: 40 },
  { perSecond: 20, burst: 5, rttMs: 1000, rooms: 40 },
])("what its rate allows is used: %j", async ({ perSecond, burst, rttMs, rooms }) => {
  const { client, counts } = limited(perSecond, burst, rttMs);
  for (let n = 0; n < rooms; n += 1) {
    const room = client.room(`r-${n}`);
    const next = () => void room.publish("x".repeat(198)).then(next);
    for (let waiting = 0; waiting < 6; waiting += 1) next();
  }
  await jest.advanceTimersByTimeAsync(60_000);

  expect(counts.stored).toBeGreaterThan(0.8 * perSecond * 60);
  expect(counts.refused).toBeLessThan(100);
});
