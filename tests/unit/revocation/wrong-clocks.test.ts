import { createWorld, MAX_TTL_S, type RevocationWorld, revoking, tokenOf } from "./support/world.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function setDatabase(world: RevocationWorld, aheadMs: number): void {
  world.databaseAheadMs = aheadMs;
}

function setMachine(world: RevocationWorld, aheadMs: number): void {
  world.databaseAheadMs = aheadMs;
  world.workersAheadMs = aheadMs;
}

/** MongoDB's clock alone, or that of the machine on which all runs. */
const CLOCKS = [
  ["MongoDB's clock", setDatabase],
  ["the clock of the machine", setMachine],
] as const;

describe.each(CLOCKS)("%s is wrong for a while", (_name, set) => {
  test("ahead for some seconds: a revocation holds during it and afterwards", async () => {
    const world = createWorld();
    const worker = await world.start();
    const ann = tokenOf("ann", world.nowS());
    await worker.revoke(revoking("user:ann"));
    await world.time.advance(45 * SECOND);

    set(world, 3 * HOUR);
    await world.time.advance(12 * SECOND);
    const during = worker.refusal(ann);
    set(world, 0);
    await world.time.advance(MINUTE);

    expect([during, worker.refusal(ann)]).toEqual(["token_revoked", "token_revoked"]);
  });

  test("ahead while a worker starts: it holds there, too", async () => {
    const world = createWorld();
    const one = await world.start();
    const ann = tokenOf("ann", world.nowS());
    await one.revoke(revoking("user:ann"));
    await world.time.advance(MINUTE);

    set(world, 3 * HOUR);
    const other = await world.start();
    await world.time.advance(12 * SECOND);
    const during = other.refusal(ann);
    set(world, 0);
    await world.time.advance(MINUTE);

    expect([during, other.refusal(ann)]).toEqual(["token_revoked", "token_revoked"]);
  });

  test.each([
    ["ahead", 3 * HOUR],
    ["behind", -3 * HOUR],
  ])("%s for half an hour: what was revoked before and during it is not removed", async (_way, ms) => {
    const world = createWorld();
    const worker = await world.start();
    const ann = tokenOf("ann", world.nowS(), "t1");
    await worker.revoke(revoking("user:ann"));
    await world.time.advance(MINUTE);

    set(world, ms);
    await world.time.advance(MINUTE);
    await worker.revoke(revoking("token:t2"));
    await world.time.advance(30 * MINUTE);
    set(world, 0);
    await world.time.advance(20 * MINUTE);
    const later = await world.start();

    expect(later.refusal(ann)).toBe("token_revoked");
    expect(later.refusal(tokenOf("bob", world.nowS(), "t2"))).toBe("token_revoked");
    expect(worker.told.filter((what) => what === "not removed")).toHaveLength(1);
  });

  test("ahead: what is over is removed again once everything of before has ended", async () => {
    const world = createWorld();
    const worker = await world.start();
    await worker.revoke(revoking("user:ann"));
    set(world, 3 * HOUR);
    await world.time.advance(30 * MINUTE);
    set(world, 0);

    await world.time.advance(MAX_TTL_S * SECOND + 20 * MINUTE);

    expect(world.database.records.size).toBe(0);
    expect(worker.size()).toBe(0);
  });
});

test("a worker that starts while MongoDB's clock is ahead removes nothing that is not over by its own", async () => {
  const world = createWorld();
  await (await world.start()).revoke(revoking("user:ann"));
  world.databaseAheadMs = 3 * HOUR;
  await world.start();

  await world.time.advance(30 * MINUTE);

  expect(world.database.records.size).toBe(1);
});

test.each([
  ["ahead", 240 * HOUR],
  ["behind", -240 * HOUR],
])("clocks of workers that are %s make nobody forget too early", async (_way, ms) => {
  const world = createWorld();
  world.workersAheadMs = ms;
  const worker = await world.start();
  const ann = tokenOf("ann", world.nowS());
  await worker.revoke(revoking("user:ann"));

  await world.time.advance(MAX_TTL_S * SECOND + 50 * SECOND);

  expect(worker.refusal(ann)).toBe("token_revoked");
  expect((await world.start()).refusal(ann)).toBe("token_revoked");
});

test("a MongoDB that does not answer for long is not taken for a clock that was set", async () => {
  const world = createWorld();
  const worker = await world.start();
  await worker.revoke(revoking("user:ann"));
  worker.store.link = "away";
  await world.time.advance(MAX_TTL_S * SECOND);
  worker.store.link = "up";
  const failed = worker.told.length;

  await world.time.advance(20 * MINUTE);

  expect(world.database.records.size).toBe(0);
  expect(worker.told.slice(failed)).toEqual(["over"]);
});
