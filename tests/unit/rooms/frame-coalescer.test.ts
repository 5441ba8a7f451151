import type { LiveBatch } from "../../../src/contract/types.js";
import {
  COALESCER_LIMITS,
  type CoalescerLimits,
  createFrameCoalescer,
} from "../../../src/engine/rooms/read/frame-coalescer.js";
import { createVirtualTime } from "./simulation/virtual-time.js";

function batch(after: number, to: number, { epoch = "e", body = "x" } = {}): LiveBatch {
  const messages = Array.from({ length: to - after }, (_, index) => {
    const seq = after + index + 1;
    return { seq, id: `m${seq}`, from: "ann", at: "2026-01-01T00:00:00.000Z", body };
  });
  return { room: "r", epoch, after, to, messages };
}

function setUp(limits: Partial<CoalescerLimits> = {}) {
  const time = createVirtualTime();
  const sent: LiveBatch[] = [];
  const audience = { size: 50 };
  const coalescer = createFrameCoalescer(
    { clock: time, members: () => audience.size, deliver: (event) => sent.push(event) },
    { ...COALESCER_LIMITS, ...limits },
  );
  const ranges = () => sent.map(({ after, to, messages }) => [after, to, messages.length]);
  return { time, sent, audience, coalescer, ranges };
}

describe("events of large rooms", () => {
  test("in a small room they are passed on at once", () => {
    const { audience, coalescer, ranges } = setUp();
    audience.size = 49;

    coalescer.deliver(batch(0, 1));
    coalescer.deliver(batch(1, 2));

    expect(ranges()).toEqual([
      [0, 1, 1],
      [1, 2, 1],
    ]);
  });

  test("in a large room those of 20 ms become one", async () => {
    const { time, coalescer, ranges } = setUp();

    coalescer.deliver(batch(0, 1));
    await time.run(19);
    coalescer.deliver(batch(1, 4));
    expect(ranges()).toEqual([]);
    await time.run(21);

    expect(ranges()).toEqual([[0, 4, 4]]);
  });

  test("the order stays when a room becomes small meanwhile", async () => {
    const { time, audience, coalescer, ranges } = setUp();
    coalescer.deliver(batch(0, 1));
    audience.size = 1;

    coalescer.deliver(batch(1, 2));
    await time.run(100);
    coalescer.deliver(batch(2, 3));

    expect(ranges()).toEqual([
      [0, 2, 2],
      [2, 3, 1],
    ]);
  });

  test.each([
    ["messages", { messages: 3 }],
    ["size", { bytes: 600 }],
  ])("one that would be too long in %s is sent early", async (_, limits) => {
    const { time, coalescer, ranges } = setUp(limits);

    coalescer.deliver(batch(0, 2));
    coalescer.deliver(batch(2, 5));
    expect(ranges()).toEqual([[0, 2, 2]]);
    await time.run(100);

    expect(ranges()).toEqual([
      [0, 2, 2],
      [2, 5, 3],
    ]);
  });

  test("what does not follow is not joined", async () => {
    const { time, coalescer, ranges } = setUp();

    coalescer.deliver(batch(0, 1));
    coalescer.deliver(batch(5, 6));
    coalescer.deliver(batch(6, 7, { epoch: "other" }));
    await time.run(100);

    expect(ranges()).toEqual([
      [0, 1, 1],
      [5, 6, 1],
      [6, 7, 1],
    ]);
  });

  test("a flush sends what is gathered and leaves no timer", () => {
    const { time, coalescer, ranges } = setUp();
    coalescer.deliver(batch(0, 1));

    coalescer.flush();

    expect(ranges()).toEqual([[0, 1, 1]]);
    expect(time.pending).toBe(0);
  });
});
