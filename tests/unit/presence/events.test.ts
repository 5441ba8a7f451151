import { createWorld } from "./support/world.js";

const SECOND = 1000;

test("watchers hear who comes and who leaves on another worker within half a second", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  const list = await two.follow("room");

  one.enter("room", "a1", "ann");
  await world.time.advance(500);
  expect(two.events).toEqual([{ room: "room", joined: ["ann"], left: [], count: 1 }]);

  one.exit("room", "a1");
  await world.time.advance(500);
  expect(two.events.slice(1)).toEqual([{ room: "room", joined: [], left: ["ann"], count: 0 }]);
  expect([...list]).toEqual([]);
});

test("a lost hint delays an event, and does not lose it", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  await two.follow("room");
  world.bus = "loses";

  one.enter("room", "a1", "ann");
  await world.time.advance(5 * SECOND);
  expect(two.events).toEqual([]);
  await world.time.advance(11 * SECOND);
  expect(two.events).toMatchObject([{ joined: ["ann"] }]);
});

test("while other workers cannot be heard, events are no later than 3.25 s", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  await two.follow("room");
  world.bus = "is down";

  one.enter("room", "a1", "ann");
  await world.time.advance(3250);
  expect(two.events).toMatchObject([{ joined: ["ann"] }]);
});

test("users of a worker that has just started are told of with its first sign of life", async () => {
  const world = createWorld();
  const one = await world.start();
  await one.follow("room");
  world.bus = "loses";
  await world.time.advance(100);
  const two = await world.start();
  two.enter("room", "a1", "ann");

  await world.time.advance(1200);
  expect(one.events).toMatchObject([{ joined: ["ann"] }]);
});

test("a change that could not be read is told of when the store is back", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  await two.follow("room");
  two.store.link = "away";
  one.enter("room", "a1", "ann");
  await world.time.advance(5 * SECOND);
  expect(two.events).toEqual([]);

  two.store.link = "up";
  await world.time.advance(SECOND);
  expect(two.events).toMatchObject([{ joined: ["ann"] }]);
});

test("what was missed is looked up as soon as others can be heard again", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  await two.follow("room");
  world.bus = "loses";
  one.enter("room", "a1", "ann");
  await world.time.advance(SECOND);
  expect(two.events).toEqual([]);

  two.hearAgain();
  await world.time.advance(200);
  expect(two.events).toMatchObject([{ joined: ["ann"] }]);
});

test("nothing is told of what came and went within one gathering, or of a second connection", async () => {
  const world = createWorld();
  const one = await world.start();
  one.enter("room", "a1", "ann");
  await one.follow("room");

  one.enter("room", "b1", "bob");
  one.exit("room", "b1");
  one.enter("room", "a2", "ann");
  one.exit("room", "a1");
  await world.time.advance(20 * SECOND);
  expect(one.events).toEqual([]);
});

test("nothing is told to a worker on which nobody watches, and its rooms are forgotten", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  await two.query("room");
  await world.time.advance(12 * SECOND);
  two.store.calls.length = 0;

  one.enter("room", "a1", "ann");
  await world.time.advance(20 * SECOND);
  expect(two.events).toEqual([]);
  expect(two.store.calls).not.toContain("read");
});

test("users of the same worker are told of while the store is away", async () => {
  const world = createWorld();
  const one = await world.start();
  await one.follow("room");
  one.store.link = "away";

  one.enter("room", "a1", "ann");
  await world.time.advance(300);
  expect(one.events).toMatchObject([{ joined: ["ann"], count: 1 }]);
});

test("in a room with more users than are listed, the list changes only for those who come and go", async () => {
  const world = createWorld();
  const limits = { listedUsers: 3 };
  const [one, two] = [await world.start(limits), await world.start(limits)];
  for (const user of ["m", "n", "o"]) one.enter("room", user, user);
  await world.time.advance(SECOND);
  const list = await two.follow("room");

  two.enter("room", "a", "a");
  await world.time.advance(SECOND);
  expect(two.events).toEqual([{ room: "room", joined: [], left: [], count: 4 }]);

  one.exit("room", "n");
  await world.time.advance(SECOND);
  expect(two.events.slice(1)).toEqual([{ room: "room", joined: ["a"], left: ["n"], count: 3 }]);
  expect([...list].toSorted()).toEqual(["a", "m", "o"]);
});
