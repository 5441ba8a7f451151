import { within } from "../../support/wait.js";
import { createWorld } from "./support/world.js";

const SECOND = 1000;

test("a room that changes all the time is written four times a second, as it is then", async () => {
  const world = createWorld();
  const one = await world.start();
  one.store.calls.length = 0;

  for (let round = 0; round < 100; round += 1) {
    one.enter("room", `c${round}`, `u${round}`);
    await world.time.advance(10);
  }
  await world.time.advance(SECOND);

  const writes = one.store.calls.filter((name) => name === "write").length;
  expect(writes).toBeGreaterThanOrEqual(3);
  expect(writes).toBeLessThanOrEqual(5);
  expect(world.database.entries.get(`room|${one.node}`)).toMatchObject({ count: 100 });
});

test("an empty room leaves no entry", async () => {
  const world = createWorld();
  const one = await world.start();
  one.enter("room", "a1", "ann");
  await world.time.advance(SECOND);
  expect(world.database.entries.size).toBe(1);

  one.exit("room", "a1");
  await world.time.advance(SECOND);
  expect(world.database.entries.size).toBe(0);
});

test("many rooms that change together are written in few batches", async () => {
  const world = createWorld();
  const one = await world.start();
  for (let index = 0; index < 250; index += 1) one.enter(`room-${index}`, "a1", "ann");
  await world.time.advance(SECOND);

  expect(one.store.calls.filter((name) => name === "write")).toHaveLength(3);
  expect(world.database.entries.size).toBe(250);
});

test("what could not be written is written when the store is back, and what came and went is not", async () => {
  const world = createWorld();
  const one = await world.start();
  one.enter("old", "a1", "ann");
  await world.time.advance(SECOND);
  one.store.refuses = "write";

  one.exit("old", "a1");
  one.enter("new", "a1", "ann");
  await world.time.advance(SECOND);
  one.enter("brief", "a1", "ann");
  await world.time.advance(SECOND);
  one.exit("brief", "a1");
  await world.time.advance(10 * SECOND);
  one.store.calls.length = 0;
  one.store.refuses = undefined;
  await world.time.advance(4 * SECOND);

  expect([...world.database.entries.keys()]).toEqual([`new|${one.node}`]);
  expect(one.store.written).toEqual(["old", "old", "new"]);
  expect(one.store.calls.filter((name) => name === "write")).toHaveLength(1);
});

test("an outage is reported once when it begins and once when it is over, whatever fails in it", async () => {
  const world = createWorld();
  const one = await world.start();
  await one.follow("room");
  one.store.link = "away";
  one.enter("room", "a1", "ann");
  await world.time.advance(30 * SECOND);
  expect(one.reports).toEqual([expect.stringContaining("the store is away")]);

  one.store.link = "up";
  await world.time.advance(30 * SECOND);
  expect(one.reports.slice(1)).toEqual(["over"]);
});

test("writes that alone fail are one outage while all else works", async () => {
  const world = createWorld();
  const one = await world.start();
  one.store.refuses = "write";
  one.enter("room", "a1", "ann");
  await world.time.advance(30 * SECOND);

  expect(one.reports).toEqual([expect.stringContaining("no write")]);
});

test("what throws on the way to others or to watchers is reported, and stops nothing", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  await one.follow("room");
  world.bus = "throws";
  one.enter("room", "a1", "ann");
  await world.time.advance(2 * SECOND);

  expect(one.reports).toEqual([expect.stringContaining("broken")]);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
  expect(world.database.entries.size).toBe(1);
});

test("a worker that could not enroll does so later, and its users appear", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  world.database.nodes.delete(one.node);
  one.store.refuses = "enroll";
  one.enter("room", "a1", "ann");
  await world.time.advance(10 * SECOND);
  expect(await world.ask(two, "room")).toEqual([]);

  one.store.refuses = undefined;
  await world.time.advance(4 * SECOND);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
});

test("a stop is over within its second when the store hangs", async () => {
  const world = createWorld();
  const one = await world.start();
  one.store.link = "hangs";

  const stopped = one.stop();
  await world.time.advance(SECOND);
  await within(stopped, 1000, "the stop");
  await one.stop();
});

test("nothing is done after a stop", async () => {
  const world = createWorld();
  const one = await world.start();
  one.enter("room", "a1", "ann");
  await one.drain();
  one.store.calls.length = 0;

  one.enter("room", "b1", "bob");
  await world.time.advance(60 * SECOND);
  expect(one.store.calls).toEqual([]);
});
