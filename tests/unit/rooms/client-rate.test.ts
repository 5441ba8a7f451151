import { DEFAULTS } from "../../../client/protocol.js";
import { createManualServer, type Request } from "./support/manual-server.js";

const idsOf = ({ payload }: Request) => (payload.messages as readonly { id: string }[]).map(({ id }) => id);

/** A client that has `count` rooms, with one message to publish in each. */
function crowd(count: number) {
  const server = createManualServer();
  for (let n = 0; n < count; n += 1) void server.client.room(`r-${n}`).publish(n, `m-${n}`);
  return { ...server, names: () => server.requests.map(({ payload }) => payload.room) };
}

test("the wait that the server asks for is handed to the pause", async () => {
  const server = createManualServer();
  void server.client.room("r").publish(1, "a");
  await server.last("publish").refuse("rate_limited", true, 1234);
  await server.resume();
  await server.last("publish").refuse("temporary", true);

  expect(server.waits).toEqual([1234, undefined]);
});

test("a pause is as long as the server has asked for, at least", async () => {
  jest.useFakeTimers();
  try {
    let isOver = false;
    void DEFAULTS.pause(0, 60_000).then(() => {
      isOver = true;
    });
    await jest.advanceTimersByTimeAsync(59_999);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(15_001);
    expect(isOver).toBe(true);
  } finally {
    jest.useRealTimers();
  }
});

test("a batch that is refused for its rate goes again before what came after it", async () => {
  const server = createManualServer();
  const room = server.client.room("r");
  void room.publish(1, "a");
  void room.publish(2, "b");
  await server.last("publish").ok({ seqs: [1] });
  void room.publish(3, "c");
  await server.last("publish").refuse("rate_limited", true, 0);
  void room.publish(4, "d");
  expect(server.requests).toHaveLength(2);
  await server.resume();

  expect(server.requests.map(idsOf)).toEqual([["a"], ["b"], ["b", "c", "d"]]);
});

test("the rooms of a socket have twelve requests open at a time, in their order", async () => {
  const { requests, names } = crowd(30);
  expect(names()).toEqual(Array.from({ length: 12 }, (_, n) => `r-${n}`));
  for (let n = 0; n < 30; n += 1) await requests[n]?.ok({ seqs: [1] });

  expect(names()).toEqual(Array.from({ length: 30 }, (_, n) => `r-${n}`));
});

describe("after refusals for the rate", () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask", "nextTick"] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test("nobody asks before the time that was asked for, then one after another with that gap, and together when it is gone", async () => {
    const { requests, names, resume } = crowd(40);
    for (const request of requests.slice()) await request.refuse("rate_limited", true, 300);
    await resume();
    await jest.advanceTimersByTimeAsync(299);
    expect(requests).toHaveLength(12);
    await jest.advanceTimersByTimeAsync(1);
    expect(names().slice(12)).toEqual(["r-12"]);
    await jest.advanceTimersByTimeAsync(280);
    expect(requests).toHaveLength(13);
    await jest.advanceTimersByTimeAsync(20);
    expect(names().slice(12)).toEqual(["r-12", "r-13"]);
    await jest.advanceTimersByTimeAsync(10_000);

    expect(requests).toHaveLength(12 + 12);
  });

  test("the gap is longer after each further one, whatever room it is of", async () => {
    const { requests, resume } = crowd(40);
    const [first, ...others] = requests;
    await first?.refuse("rate_limited", true, 100);
    for (const other of others) await other.ok({ seqs: [1] });
    await resume();
    await jest.advanceTimersByTimeAsync(100);
    for (const waitMs of [100, 220, 360]) {
      const before = requests.length;
      await requests.at(-1)?.refuse("rate_limited", true, 100);
      await jest.advanceTimersByTimeAsync(waitMs * 0.9);
      expect(requests).toHaveLength(before);
      await jest.advanceTimersByTimeAsync(waitMs * 0.15);
      expect(requests).toHaveLength(before + 1);
    }
  });
});

test("a room that fails for another reason keeps no other room waiting", async () => {
  const { requests, names } = crowd(13);
  expect(names()).not.toContain("r-12");
  await requests[0]?.refuse("temporary", true);

  expect(names()).toContain("r-12");
});
