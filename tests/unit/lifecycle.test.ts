import { type Component, compose, lazily, stopsWithin } from "../../src/engine/process/lifecycle.js";

/** A part that writes what happens to it into `events`. */
function part(name: string, events: string[], failing: { start?: boolean; stop?: boolean } = {}): Component {
  return {
    name,
    async start() {
      events.push(`start ${name}`);
      if (failing.start) throw new Error(`${name} cannot start`);
    },
    async stop() {
      events.push(`stop ${name}`);
      if (failing.stop) throw new Error(`${name} cannot stop`);
    },
  };
}

describe("compose", () => {
  test("starts the parts in order and stops them in reverse", async () => {
    const events: string[] = [];
    const whole = compose("whole", [part("a", events), part("b", events)]);

    await whole.start();
    await whole.stop();

    expect(events).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  test("stops what had started, and only that, when a part cannot start", async () => {
    const events: string[] = [];
    const parts = [part("a", events), part("b", events, { start: true }), part("c", events)];

    await expect(compose("whole", parts).start()).rejects.toThrow("b cannot start");

    expect(events).toEqual(["start a", "start b", "stop a"]);
  });

  test("stops once however often it is asked to", async () => {
    const events: string[] = [];
    const whole = compose("whole", [part("a", events)]);
    await whole.start();

    await Promise.all([whole.stop(), whole.stop()]);

    expect(events).toEqual(["start a", "stop a"]);
  });

  test("goes on stopping after a part that cannot, and tells of it", async () => {
    const events: string[] = [];
    const whole = compose("whole", [part("a", events), part("b", events, { stop: true })]);
    await whole.start();

    await expect(whole.stop()).rejects.toThrow("whole: 1 part(s) failed to stop");

    expect(events).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  test("a stop during the start waits for the part under way and starts no further one", async () => {
    const events: string[] = [];
    let finishStart = (): void => {};
    const slow: Component = {
      ...part("slow", events),
      start: () => new Promise((resolve) => (finishStart = resolve)),
    };
    const whole = compose("whole", [slow, part("never", events)]);

    const starting = whole.start();
    const stopping = whole.stop();
    finishStart();
    await Promise.all([starting, stopping]);

    expect(events).toEqual(["stop slow"]);
  });

  test("stopping before any start does nothing", async () => {
    const events: string[] = [];

    await compose("whole", [part("a", events)]).stop();

    expect(events).toEqual([]);
  });
});

describe("lazily", () => {
  test("makes its part at start and not before", async () => {
    const events: string[] = [];
    const lazy = lazily("lazy", async () => {
      events.push("made");
      return part("a", events);
    });
    expect(events).toEqual([]);

    await lazy.start();
    await lazy.stop();

    expect(events).toEqual(["made", "start a", "stop a"]);
  });

  test("stops without a part that was never made", async () => {
    const create = jest.fn();

    await lazily("lazy", create).stop();

    expect(create).not.toHaveBeenCalled();
  });
});

test("a part that does not end holds up the others for its share of the time only", async () => {
  const events: string[] = [];
  const endless: Component = { ...part("endless", events), stop: () => new Promise(() => {}) };
  const whole = compose("whole", [part("a", events), stopsWithin(10, endless)]);
  await whole.start();

  await whole.stop();

  expect(events).toEqual(["start a", "start endless", "stop a"]);
});
