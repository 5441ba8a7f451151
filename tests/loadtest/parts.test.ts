import { createPacketCache } from "../../tools/loadtest/generator/packet-cache.js";
import { createHistogram } from "../../tools/loadtest/histogram.js";
import { localAddressOf, membersOf, type Options, sharesOf, transportOf } from "../../tools/loadtest/plan.js";
import { createHeartbeat } from "../../tools/loadtest/raw/heartbeat.js";
import { thinned } from "../../tools/loadtest/report/thinning.js";
import { createBodies, createStampReader, STAMP_BYTES, timeOf } from "../../tools/loadtest/stamp.js";

describe("the histogram", () => {
  test("knows percentiles within 1.6 %, up to half an hour", () => {
    const histogram = createHistogram();
    for (let value = 1; value <= 100_000; value += 1) histogram.record(value * 20_000);

    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const exact = share * 100_000 * 20_000;
      expect(Math.abs(histogram.percentile(share) - exact) / exact).toBeLessThan(0.016);
    }
    expect(histogram.total()).toBe(100_000);
  });

  test("is exact below 128 and has no percentile without values", () => {
    const histogram = createHistogram();

    expect(histogram.percentile(0.5)).toBeNaN();
    for (const value of [0, 1, 63, 64, 100, 127]) {
      histogram.record(value);
      expect(histogram.max()).toBe(value);
    }
  });

  test("takes over what others counted, once", () => {
    const [one, other] = [createHistogram(), createHistogram()];
    for (const value of [5, 5, 900]) one.record(value);

    other.add(one.take());
    other.add(one.take());

    expect(other.total()).toBe(3);
    expect(other.percentile(0.5)).toBe(5);
  });
});

describe("the time stamp of a body", () => {
  test("is found wherever it is, and only within its packet", () => {
    const read = createStampReader();
    const body = createBodies(100)(1_234_567_890);
    const first = Buffer.from(`42["message",{"from":"abc","body":"${body}"}]`);
    const second = Buffer.from(`42["message",{"body":"${body}","from":"abc"}]`);
    const both = Buffer.concat([first, second]);

    expect(body).toHaveLength(100);
    expect(read(both, 0, first.length)).toBe(1_234_567_890);
    expect(read(both, first.length, both.length)).toBe(1_234_567_890);
    expect(read(both, 0, first.length - 80)).toBeNaN();
    expect(read(Buffer.from('42["session",{}]'), 0, 16)).toBeNaN();
  });

  test("is read from a parsed body, too, and none from a body of somebody else", () => {
    expect(timeOf(createBodies(STAMP_BYTES)(42.9))).toBe(42);
    expect(timeOf("hello")).toBeNaN();
    expect(timeOf({})).toBeNaN();
  });
});

describe("the cache of packets", () => {
  test("parses equal packets once and different ones each, wherever they differ", () => {
    let parsed = 0;
    const cache = createPacketCache((text) => {
      parsed += 1;
      return { text };
    });
    const long = "x".repeat(300);
    const packets = [`a${long}`, `b${long}`, `${long}c`, `${long}d`];

    for (const text of packets) {
      for (let time = 0; time < 3; time += 1) {
        const bytes = Buffer.from(`<${text}>`);
        expect(cache(bytes, 1, bytes.length - 1).text).toBe(text);
      }
    }
    expect(parsed).toBe(packets.length);
  });
});

describe("the heartbeat", () => {
  test("is missed an interval and its timeout after the last ping, and not after the end", () => {
    jest.useFakeTimers();
    try {
      const onSilence = jest.fn();
      const heartbeat = createHeartbeat(onSilence);
      heartbeat.start({ pingInterval: 100, pingTimeout: 50 });

      jest.advanceTimersByTime(149);
      heartbeat.beat();
      jest.advanceTimersByTime(149);
      expect(onSilence).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(onSilence).toHaveBeenCalledTimes(1);

      heartbeat.beat();
      heartbeat.stop();
      jest.advanceTimersByTime(1000);
      expect(onSilence).toHaveBeenCalledTimes(1);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe("the points of a long run", () => {
  const point = (second: number) => ({
    second,
    phase: second <= 60 ? "ramp" : "load",
    connected: 10,
    reconnecting: 0,
    sentPerSecond: second % 2 === 0 ? 20 : 0,
    deliveriesPerSecond: 5,
    p50Ms: null,
    p99Ms: second === 77_777 ? 900 : 1,
    errors: 0,
    busy: 0.1,
  });

  test("become as many as a chart can show, and keep means, peaks and phases", () => {
    const points = Array.from({ length: 86_400 }, (_, index) => point(index + 1));
    const few = thinned(points);

    expect(few.length).toBeLessThanOrEqual(601);
    expect(few[0]).toMatchObject({ phase: "ramp", second: 60, sentPerSecond: 10, p50Ms: null });
    expect(few[1]).toMatchObject({ phase: "load", sentPerSecond: 10, p99Ms: 1 });
    expect(few.filter(({ p99Ms }) => p99Ms === 900)).toHaveLength(1);
    expect(few.at(-1)?.second).toBe(86_400);
  });

  test("stay as they are in a short run", () => {
    const points = Array.from({ length: 600 }, (_, index) => point(index + 1));

    expect(thinned(points)).toBe(points);
  });
});

describe("the plan", () => {
  const options = { connections: 10, rooms: 3, processes: 4, transport: "mixed" } as Options;

  test("gives every connection to one process", () => {
    const shares = sharesOf({ options, run: "run", address: undefined });
    const all = shares.flatMap(({ first, count }) =>
      Array.from({ length: count }, (_, index) => first + index),
    );

    expect(shares).toHaveLength(4);
    expect(all).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("gives every connection to one room, and every room both transports", () => {
    expect([0, 1, 2].map((room) => membersOf(room, options))).toEqual([4, 3, 3]);
    expect([0, 3, 6, 9].map((connection) => transportOf(connection, options))).toEqual([
      "websocket",
      "polling",
      "websocket",
      "polling",
    ]);
  });

  test("takes other source addresses for a large crowd on loopback, others in every run", () => {
    const large = { options: { connections: 20_000 } as Options, run: "000001", address: "127.0.0.1" };

    expect(localAddressOf(3999, large)).toBe("127.2.0.1");
    expect(localAddressOf(4000, large)).toBe("127.2.0.2");
    expect(localAddressOf(4000 * 256, large)).toBe("127.2.1.1");
    expect(localAddressOf(0, { ...large, run: "000002" })).toBe("127.3.0.1");
    expect(localAddressOf(0, { ...large, options })).toBeUndefined();
    expect(localAddressOf(0, { ...large, address: undefined })).toBeUndefined();
  });
});
