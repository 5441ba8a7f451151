import type { TestWorker, World } from "./support/world.js";
import { createWorld } from "./support/world.js";

const SECOND = 1000;

/** Two workers with ann on the first, watched and asked for on the second. */
async function twoWorkers(): Promise<{ world: World; one: TestWorker; two: TestWorker; list: Set<string> }> {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  one.enter("room", "a1", "ann");
  await world.time.advance(10 * SECOND);
  const list = await two.follow("room");
  expect([...list]).toEqual(["ann"]);
  return { world, one, two, list };
}

test("a worker that nobody saw die is gone after 12 s at most, from answers and lists alike, and not before 7 s", async () => {
  const { world, one, two, list } = await twoWorkers();

  one.kill();
  await world.time.advance(7 * SECOND);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
  await world.time.advance(5 * SECOND);
  expect(await world.ask(two, "room")).toEqual([]);
  expect([...list]).toEqual([]);
  expect(two.events).toEqual([{ room: "room", joined: [], left: ["ann"], count: 0 }]);
});

test("a worker whose end was seen is gone from all answers at once, and announced after the grace", async () => {
  const { world, one, two, list } = await twoWorkers();
  const three = await world.start();
  expect(await world.ask(three, "room")).toEqual(["ann"]);

  one.kill();
  two.nodeEnded(one.node);
  expect(await world.ask(two, "room")).toEqual([]);
  await world.time.advance(1);
  expect(await world.ask(three, "room")).toEqual([]);

  await world.time.advance(9 * SECOND);
  expect(two.events).toEqual([]);
  await world.time.advance(2 * SECOND);
  expect(two.events).toEqual([{ room: "room", joined: [], left: ["ann"], count: 0 }]);
  expect([...list]).toEqual([]);
});

test("an end that was seen is in other instances' answers within a second also when the hint is lost", async () => {
  const { world, one, two } = await twoWorkers();
  const three = await world.start();
  world.bus = "loses";
  one.kill();
  two.nodeEnded(one.node);

  await world.time.advance(SECOND);
  expect(await world.ask(three, "room")).toEqual([]);
});

test("who comes back on another worker within the grace has neither left nor joined", async () => {
  const { world, one, two, list } = await twoWorkers();
  const three = await world.start();
  one.kill();
  two.nodeEnded(one.node);
  await world.time.advance(8 * SECOND);

  three.enter("room", "a2", "ann");
  await world.time.advance(30 * SECOND);
  expect(two.events).toEqual([]);
  expect([...list]).toEqual(["ann"]);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
});

test("who begins to watch during the grace gets a list that the return of others does not change", async () => {
  const { world, one, two } = await twoWorkers();
  const three = await world.start();
  one.kill();
  two.nodeEnded(one.node);
  await world.time.advance(2 * SECOND);

  const list = await three.follow("room");
  expect([...list]).toEqual(["ann"]);
  expect(await world.ask(three, "room")).toEqual([]);
  two.enter("room", "a2", "ann");
  await world.time.advance(30 * SECOND);
  expect(three.events).toEqual([]);
});

test("a drained worker's users are gone from answers within a second, and back elsewhere without an event", async () => {
  const { world, one, two, list } = await twoWorkers();
  one.enter("room", "b1", "bob");
  await world.time.advance(SECOND);
  expect(two.events).toMatchObject([{ joined: ["bob"] }]);

  await one.drain();
  await world.time.advance(SECOND);
  expect(await world.ask(two, "room")).toEqual([]);
  two.enter("room", "a2", "ann");
  await world.time.advance(8 * SECOND);
  expect(two.events).toHaveLength(1);

  await world.time.advance(3 * SECOND);
  expect(two.events.slice(1)).toEqual([{ room: "room", joined: [], left: ["bob"], count: 1 }]);
  expect([...list]).toEqual(["ann"]);
});

test("a rolling restart of all workers under watch tells nobody anything", async () => {
  const world = createWorld();
  const workers = [await world.start(), await world.start(), await world.start()];
  const users = ["ann", "bob", "cid"];
  for (const [index, user] of users.entries()) workers[index]?.enter("room", user, user);
  await world.time.advance(SECOND);
  const follower = await world.start();
  await follower.follow("room");

  for (const [index, user] of users.entries()) {
    const old = workers[index];
    await old?.drain();
    await world.time.advance(2 * SECOND);
    const fresh = await world.start();
    fresh.enter("room", `${user}-again`, user);
    await fresh.follow("room");
    await world.time.advance(SECOND);
    expect(fresh.events).toEqual([]);
  }
  await world.time.advance(30 * SECOND);
  expect(follower.events).toEqual([]);
  expect(await world.ask(follower, "room")).toEqual(users);
});

test("a paused worker is gone, and back with all its users when it wakes", async () => {
  const { world, one, two, list } = await twoWorkers();
  const before = one.node;
  one.pause();
  await world.time.advance(20 * SECOND);
  expect(await world.ask(two, "room")).toEqual([]);
  expect([...list]).toEqual([]);

  one.wake();
  await world.time.advance(SECOND);
  expect(one.node).not.toBe(before);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
  expect([...list]).toEqual(["ann"]);
  expect(await world.ask(one, "room")).toEqual(["ann"]);
});

test("a worker whose record another one has removed is gone within a second", async () => {
  const { world, one, two, list } = await twoWorkers();
  one.kill();
  world.database.nodes.delete(one.node);

  await world.time.advance(SECOND);
  expect([...list]).toEqual([]);
  expect(await world.ask(two, "room")).toEqual([]);
});

test("a worker that comes back under another name removes what it wrote under the old one", async () => {
  const { world, one } = await twoWorkers();
  world.database.nodes.delete(one.node);
  await world.time.advance(4 * SECOND);

  expect([...world.database.entries.keys()]).toEqual([`room|${one.node}`]);
});

test("a worker that was paused itself does not take the others for dead", async () => {
  const { world, two } = await twoWorkers();
  two.pause();
  await world.time.advance(30 * SECOND);
  two.wake();
  await world.time.advance(SECOND);

  expect(two.events).toEqual([]);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
});

test("an outage of the store ends nobody", async () => {
  const { world, one, two } = await twoWorkers();
  for (const { store } of [one, two]) store.link = "away";
  await world.time.advance(60 * SECOND);
  for (const { store } of [one, two]) store.link = "up";
  await world.time.advance(20 * SECOND);

  expect(two.events).toEqual([]);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
});

test("a worker that alone lost the store is gone, and back when it reaches it again", async () => {
  const { world, one, two } = await twoWorkers();
  one.store.link = "away";
  one.enter("room", "b1", "bob");
  await world.time.advance(15 * SECOND);
  expect(await world.ask(two, "room")).toEqual([]);

  one.store.link = "up";
  await world.time.advance(4 * SECOND);
  expect(await world.ask(two, "room")).toEqual(["ann", "bob"]);
});

test("the last worker standing removes all that the dead have left", async () => {
  const { world, one, two } = await twoWorkers();
  const three = await world.start();
  three.enter("room", "c1", "cid");
  await world.time.advance(SECOND);
  world.database.entries.set("room|stray", { room: "room", node: "stray", users: ["eve"], count: 1 });
  expect(await world.ask(two, "room")).toEqual(["ann", "cid"]);

  one.kill();
  three.kill();
  two.nodeEnded(three.node);
  await world.time.advance(15 * SECOND);
  expect([...world.database.entries.keys()]).toEqual(["room|stray"]);
  await world.time.advance(60 * SECOND);
  expect([...world.database.nodes.keys()]).toEqual([two.node]);
  expect([...world.database.entries.keys()]).toEqual([]);
});
