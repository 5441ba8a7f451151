import type { RightsScope } from "../../../src/contract/access.js";
import { createRecheckNotes } from "../../../src/engine/trust/rights/recheck-notes.js";

const START_MS = 1_000_000;

/** Notes over a store and a clock that the test owns. */
function setUp() {
  let nowMs = 0;
  let due: { readonly atMs: number; readonly task: () => void } | undefined;
  let isAway = false;
  let aheadMs = 0;
  const stored: { id: string; user: string; atMs: number }[] = [];
  const ended: RightsScope[] = [];
  const told: string[] = [];
  const notes = createRecheckNotes({
    store: {
      async between(fromMs, toMs, limit) {
        if (isAway) throw new Error("away");
        const found = stored.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
        return found.toSorted((one, other) => one.atMs - other.atMs).slice(0, limit);
      },
      async date() {
        if (isAway) throw new Error("away");
        return START_MS + nowMs + aheadMs;
      },
    },
    clock: {
      now: () => nowMs,
      later(ms, task) {
        due = { atMs: nowMs + ms, task };
        return () => {
          due = undefined;
        };
      },
    },
    ended: (scope) => void ended.push(scope),
    failed: () => void told.push("failed"),
    over: () => void told.push("over"),
  });
  return {
    ...{ notes, ended, told },
    users: () => ended.map(({ user }) => user),
    /** How far MongoDB's clock is ahead. */
    set(ms: number) {
      aheadMs = ms;
    },
    away(is: boolean) {
      isAway = is;
    },
    note(user: string, agoMs = 0) {
      stored.push({ id: `of ${user}`, user, atMs: START_MS + nowMs + aheadMs - agoMs });
    },
    async pass(ms: number) {
      for (const endMs = nowMs + ms; due !== undefined && due.atMs <= endMs; ) {
        nowMs = due.atMs;
        const { task } = due;
        due = undefined;
        task();
        while (due === undefined) await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs += 1;
    },
  };
}

test("what others have noted is heard within 2 s, once each", async () => {
  const it = setUp();
  await it.notes.start();
  await it.pass(10_000);
  it.note("ann");

  await it.pass(2000);
  expect(it.users()).toEqual(["ann"]);
  it.note("bob");
  await it.pass(60_000);

  expect(it.users()).toEqual(["ann", "bob"]);
  await it.notes.stop();
});

test("a note that becomes visible after later ones is heard, too", async () => {
  const it = setUp();
  await it.notes.start();
  await it.pass(60_000);
  it.note("ann");
  await it.pass(2000);

  it.note("late", 20_000);
  await it.pass(2000);

  expect(it.users()).toEqual(["ann", "late"]);
});

test("what the bus has told already is not heard again", async () => {
  const it = setUp();
  await it.notes.start();
  it.note("ann");
  it.notes.known("of ann");

  await it.pass(60_000);

  expect(it.users()).toEqual([]);
});

test("notes of an outage are heard after it, and it is told once", async () => {
  const it = setUp();
  await it.notes.start();
  await it.pass(4000);
  it.away(true);
  await it.pass(10_000);
  it.note("ann");
  await it.pass(10_000);
  expect(it.users()).toEqual([]);

  it.away(false);
  await it.pass(2000);

  expect(it.users()).toEqual(["ann"]);
  expect(it.told).toEqual(["failed", "over"]);
});

test("after an outage in which notes may have gone, everything is asked about", async () => {
  const it = setUp();
  await it.notes.start();
  await it.pass(4000);
  it.away(true);
  await it.pass(9 * 60_000);

  it.away(false);
  await it.pass(2000);

  expect(it.ended).toEqual([{}]);
});

test("more notes than can be heard one by one are one question about everything", async () => {
  const it = setUp();
  await it.notes.start();
  await it.pass(4000);
  for (let count = 0; count < 2500; count += 1) it.note(`user-${count}`);

  await it.pass(2000);
  expect(it.ended).toEqual([{}]);
  await it.pass(60_000);
  it.note("ann");
  await it.pass(2000);

  expect(it.users().slice(-1)).toEqual(["ann"]);
});

describe.each([
  ["a minute", 60_000],
  ["three hours", 3 * 3_600_000],
])("MongoDB's clock is set by %s", (_by, ms) => {
  test.each([
    ["back", 0, -ms],
    ["back to what is right after a time ahead", ms, 0],
    ["ahead", 0, ms],
  ])("%s: everything is asked about once, and later notes are heard", async (_way, firstMs, thenMs) => {
    const it = setUp();
    it.set(firstMs);
    await it.notes.start();
    await it.pass(60_000);
    it.note("ann");
    await it.pass(2000);
    it.note("bob");

    it.set(thenMs);
    it.note("eve");
    await it.pass(2000);
    expect(it.ended).toContainEqual({});
    it.note("zoe");
    await it.pass(2000);
    expect(it.users()).toContain("zoe");
    await it.pass(30 * 60_000);
    it.note("late");
    await it.pass(2000);

    expect(it.users()).toContain("late");
    expect(it.ended.filter(({ user }) => user === undefined)).toHaveLength(1);
    await it.notes.stop();
  });

  test("back while it does not answer: everything is asked about after it", async () => {
    const it = setUp();
    await it.notes.start();
    await it.pass(60_000);
    it.away(true);
    await it.pass(60_000);
    it.set(-ms);
    it.note("ann");
    await it.pass(3 * 60_000);

    it.away(false);
    await it.pass(2000);

    expect(it.ended).toEqual([{}]);
  });
});
