import { decide, type Exit, type ExitKind } from "../../src/engine/cluster/respawn-policy.js";

/** Exits of the given kinds, one every `everyMs`. */
function exits(kinds: ExitKind[], everyMs = 100): Exit[] {
  return kinds.map((kind, index) => ({ kind, atMs: index * everyMs }));
}

const times = (count: number, kind: ExitKind): ExitKind[] => new Array<ExitKind>(count).fill(kind);

describe("respawn policy", () => {
  test("replaces a worker that was asked to go at once, however often", () => {
    expect(decide(exits(times(100, "left")))).toEqual({ action: "respawn", delayMs: 0 });
  });

  test("replaces a killed worker at once, and slower and slower when the killing does not end", () => {
    expect(decide(exits(times(10, "killed")))).toEqual({ action: "respawn", delayMs: 0 });
    expect(decide(exits(times(11, "killed")))).toEqual({ action: "respawn", delayMs: 100 });
    expect(decide(exits(times(13, "killed")))).toEqual({ action: "respawn", delayMs: 400 });
    expect(decide(exits(times(200, "killed")))).toEqual({ action: "respawn", delayMs: 5000 });
    expect(decide(exits(times(200, "killed"), 30_000))).toEqual({ action: "respawn", delayMs: 0 });
  });

  test("waits longer after each crash", () => {
    expect(decide(exits(times(1, "crashed")))).toEqual({ action: "respawn", delayMs: 100 });
    expect(decide(exits(times(2, "crashed")))).toEqual({ action: "respawn", delayMs: 200 });
    expect(decide(exits(times(5, "crashed")))).toEqual({ action: "respawn", delayMs: 1600 });
  });

  test("never waits longer than 5 s", () => {
    expect(decide(exits(times(9, "crashed")))).toEqual({ action: "respawn", delayMs: 5000 });
  });

  test("gives up at the tenth crash within a minute", () => {
    expect(decide(exits(times(10, "crashed")))).toEqual({
      action: "give up",
      reason: "10 workers crashed within 60 s",
    });
  });

  test("goes on for ever when crashes are rare", () => {
    expect(decide(exits(times(100, "crashed"), 30_000))).toEqual({ action: "respawn", delayMs: 200 });
  });

  test("gives up after three starts that failed in a row", () => {
    expect(decide(exits(times(2, "failed"))).action).toBe("respawn");
    expect(decide(exits(times(3, "failed"))).action).toBe("give up");
  });

  test("does not take failed starts for a row when something else ended between them", () => {
    expect(decide(exits(["failed", "failed", "killed", "failed"])).action).toBe("respawn");
  });

  test("waits without end, 5 s at a time, for a store that is away", () => {
    expect(decide(exits(times(200, "unavailable")))).toEqual({ action: "respawn", delayMs: 5000 });
  });
});
