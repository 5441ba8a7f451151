import { createWorld } from "./support/world.js";

const SECOND = 1000;

test("the answer names everybody on all workers, each once", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  one.enter("room", "a1", "ann");
  two.enter("room", "a2", "ann");
  two.enter("room", "b1", "bob");
  two.enter("other", "c1", "cid");
  await world.time.advance(SECOND);

  expect(await one.query("room")).toEqual({ users: ["ann", "bob"], count: 2 });
  expect(await world.ask(two, "room")).toEqual(["ann", "bob"]);
  expect(await world.ask(one, "other")).toEqual(["cid"]);
  expect(await one.query("nobody")).toEqual({ users: [], count: 0 });
});

test("this worker's own users are in the answer at once", async () => {
  const world = createWorld();
  const one = await world.start();

  one.enter("room", "a1", "ann");
  expect(await world.ask(one, "room")).toEqual(["ann"]);
  await world.time.advance(2 * SECOND);
  expect(await world.ask(one, "room")).toEqual(["ann"]);
  one.exit("room", "a1");
  expect(await world.ask(one, "room")).toEqual([]);
});

test("a worker that has just started counts as soon as its users are written", async () => {
  const world = createWorld();
  const one = await world.start();
  await world.time.advance(100);
  const two = await world.start();
  two.enter("room", "a1", "ann");
  await world.time.advance(300);

  expect(one.store.calls.filter((name) => name === "nodes")).toHaveLength(1);
  expect(await world.ask(one, "room")).toEqual(["ann"]);
});

test("a user is there until the last of the user's connections is gone", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  one.enter("room", "a1", "ann");
  one.enter("room", "a2", "ann");
  one.enter("room", "a2", "ann");
  one.exit("room", "a1");
  one.exit("room", "a1");
  await world.time.advance(SECOND);
  expect(await world.ask(two, "room")).toEqual(["ann"]);

  one.exit("room", "a2");
  await world.time.advance(SECOND);
  expect(await world.ask(two, "room")).toEqual([]);
});

test("an answer is no older than 1.25 s when every hint is lost", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  world.bus = "loses";
  await two.follow("room");
  expect(await world.ask(two, "room")).toEqual([]);

  one.enter("room", "a1", "ann");
  await world.time.advance(1250);
  expect(await world.ask(two, "room")).toEqual(["ann"]);
});

test("a crowd that asks for the same room costs one read a second", async () => {
  const world = createWorld();
  const one = await world.start();
  const reads = () => one.store.calls.filter((name) => name === "read").length;

  await Promise.all(Array.from({ length: 100 }, () => one.query("room")));
  await one.query("room");
  expect(reads()).toBe(1);

  await world.time.advance(SECOND);
  await one.query("room");
  expect(reads()).toBe(2);
});

test("rooms that are asked for together are read together", async () => {
  const world = createWorld();
  const one = await world.start();

  await Promise.all(Array.from({ length: 150 }, (_, index) => one.query(`room-${index}`)));
  expect(one.store.calls.filter((name) => name === "read")).toHaveLength(2);
});

test("a failed read fails all who wait, so that nobody waits for one outage several times", async () => {
  const world = createWorld();
  const one = await world.start();
  one.store.link = "away";

  const answers = await Promise.allSettled(
    Array.from({ length: 250 }, (_, index) => one.query(`room-${index}`)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(["rejected"]));
  expect(one.store.calls.filter((name) => name === "read")).toHaveLength(1);
});

test("what waits for a read is bounded, and so are the rooms that are known", async () => {
  const world = createWorld();
  const one = await world.start({ waitingRooms: 2, openRooms: 4 });
  one.store.link = "hangs";
  const refused = (room: string) => expect(one.query(room)).rejects.toMatchObject({ code: "temporary" });

  for (const room of ["r1", "r2"]) void one.query(room);
  await refused("r3");

  const two = await world.start({ openRooms: 1 });
  await two.follow("r1");
  await expect(two.query("r2")).rejects.toMatchObject({ code: "temporary" });
  expect(await two.query("r1")).toEqual({ users: [], count: 0 });
});

test("a question is refused as temporary while the store is away, and answered when it is back", async () => {
  const world = createWorld();
  const [one, two] = [await world.start(), await world.start()];
  two.enter("room", "a1", "ann");
  await world.time.advance(SECOND);
  one.store.link = "away";

  await expect(one.query("room")).rejects.toMatchObject({ code: "temporary" });
  await expect(one.follow("room")).rejects.toMatchObject({ code: "temporary" });

  one.store.link = "up";
  expect(await world.ask(one, "room")).toEqual(["ann"]);
});

test("an answer names a bounded number of users and counts all", async () => {
  const world = createWorld();
  const limits = { listedUsers: 3 };
  const [one, two] = [await world.start(limits), await world.start(limits)];
  for (const user of ["a", "b", "c", "d", "e"]) one.enter("room", user, user);
  for (const user of ["v", "w"]) two.enter("room", user, user);
  await world.time.advance(SECOND);

  const { users, count } = await two.query("room");
  expect(users).toHaveLength(3);
  expect(count).toBe(7);
  expect([...world.database.entries.values()].map((entry) => entry.users.length)).toEqual([3, 2]);
});
