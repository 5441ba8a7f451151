import { createTurns } from "../../src/engine/process/turns.js";
import { Connection } from "../../src/engine/realtime/connections/connection.js";
import { createIntake } from "../../src/engine/realtime/connections/intake.js";
import type { RawConnection } from "../../src/engine/realtime/connections/raw-connection.js";
import { createReading } from "../../src/engine/realtime/connections/reading.js";
import { deferred, eventually } from "../support/wait.js";

const OPEN = 3;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function setUp(budgetMs = 1000) {
  const turns = createTurns(budgetMs);
  const reading = createReading(turns);
  return { turns, reading, intake: createIntake(turns, reading, OPEN) };
}

/** A connection that tells whether it was closed. */
function newConnection() {
  const close = jest.fn();
  const raw = { id: "x", readyState: "open", transport: { name: "polling" }, writeBuffer: [], close };
  return { connection: new Connection(raw as unknown as RawConnection, undefined), close };
}

/** Whether packets of the client are read now. */
function isRead(connection: Connection): boolean {
  let read = false;
  connection.whenRead(() => {
    read = true;
  });
  return read;
}

test("no more events of a connection are at work than it may have, and the next begin in order as those end", async () => {
  const { intake } = setUp();
  const { connection } = newConnection();
  const begun: number[] = [];
  const ends = Array.from({ length: 8 }, () => deferred());

  for (const [index, end] of ends.entries()) {
    intake.take(connection, () => {
      begun.push(index);
      return end.promise;
    });
  }
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();

  expect(begun).toEqual([0, 1, 2]);
  expect(connection.openEvents).toBe(8);
  ends[1]?.resolve();
  await eventually(() => expect(begun).toEqual([0, 1, 2, 3]));
  for (const end of ends) end.resolve();
  await eventually(() => expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]));
  await eventually(() => expect(connection.openEvents).toBe(0));
});

test("whose events wait is not read from until they have begun", async () => {
  const { intake } = setUp();
  const { connection } = newConnection();
  const end = deferred();

  for (let count = 0; count < 20; count += 1) intake.take(connection, () => end.promise);
  expect(isRead(connection)).toBe(false);
  end.resolve();

  await eventually(() => expect(connection.openEvents).toBe(0));
  await eventually(() => expect(isRead(connection)).toBe(true));
});

test("events of one connection do not keep those of another from their work", async () => {
  const { intake } = setUp();
  const [busy, quick] = [newConnection(), newConnection()];
  for (let count = 0; count < 100; count += 1) intake.take(busy.connection, () => new Promise(() => {}));
  const done = deferred();

  intake.take(quick.connection, async () => done.resolve());

  await done.promise;
  expect(isRead(quick.connection)).toBe(true);
});

test("when a turn's time is used up, those who wait are served by turns", async () => {
  const { intake } = setUp(0); // every turn's
  const [flood, victim] = [newConnection(), newConnection()];
  const order: string[] = [];
  for (let count = 0; count < 500; count += 1)
    intake.take(flood.connection, async () => void order.push("flood"));

  intake.take(victim.connection, async () => void order.push("victim"));

  await eventually(() => expect(order).toHaveLength(501));
  expect(order.indexOf("victim")).toBeLessThan(20);
});

test("who sends thousands of events at once is closed", async () => {
  const { intake } = setUp();
  const { connection, close } = newConnection();

  for (let count = 0; count < 5000 && close.mock.calls.length === 0; count += 1)
    intake.take(connection, () => new Promise(() => {}));

  expect(close).toHaveBeenCalledWith(true);
});

test("what waits is given up with its connection", async () => {
  const { intake } = setUp();
  const { connection } = newConnection();
  const begun = jest.fn();
  const ends = Array.from({ length: OPEN }, () => deferred());
  for (const end of ends) intake.take(connection, () => end.promise);
  intake.take(connection, async () => begun());

  connection.ended();
  for (const end of ends) end.resolve();
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();

  expect(begun).not.toHaveBeenCalled();
  expect(connection.openEvents).toBe(0);
});

test("who sends more when a turn's time is used up is read from again later, whoever sent little at once", async () => {
  const { reading, turns } = setUp(0);
  const [greedy, modest] = [newConnection().connection, newConnection().connection];
  turns.isOver();
  const end = performance.now() + 1;
  while (performance.now() < end);

  for (let packets = 0; packets < 1000; packets += 1) reading.took(greedy, 10);
  reading.took(modest, 10);
  expect([isRead(greedy), isRead(modest)]).toEqual([false, false]);
  await nextTurn();
  await nextTurn();
  expect(isRead(modest)).toBe(true);
  await eventually(() => expect(isRead(greedy)).toBe(true));
});

test("packets of a client whose connection has broken off give their place to the next ones", () => {
  const { connection, close } = newConnection();
  connection.hold();
  const [lost, again, beside] = [jest.fn(), jest.fn(), jest.fn()];
  let isLost = false;
  connection.whenRead(lost, () => isLost);
  isLost = true;
  connection.whenRead(again, () => false);
  expect(close).not.toHaveBeenCalled();

  connection.release();
  expect([lost, again].map(({ mock }) => mock.calls.length)).toEqual([0, 1]);

  connection.hold();
  connection.whenRead(again, () => false);
  connection.whenRead(beside, () => false);
  expect(close).toHaveBeenCalledWith(true);
});
