import { createAllocationQueue } from "../../src/engine/stores/allocation-queue.js";
import { type Deferred, deferred } from "../support/wait.js";

type Counts = Record<string, number>;

interface Command {
  readonly asked: Counts;
  readonly end: Deferred<Counts>;
}

const numbers = (top = Number.NaN) => ({ top, at: 0, epoch: "e" });

/** A queue whose commands end when the test says so, each with the top per room. */
function start() {
  const commands: Command[] = [];
  const ends = (asked: Counts): Promise<Counts> => {
    const end = deferred<Counts>();
    commands.push({ asked, end });
    return end.promise;
  };
  const queue = createAllocationQueue({
    one: async (room, count) => numbers((await ends({ [`one ${room}`]: count })).top),
    many: async (counts) => {
      const tops = Object.entries(await ends(Object.fromEntries(counts)));
      return new Map(tops.map(([room, top]) => [room, numbers(top)]));
    },
  });
  const allocate = async (room: string, count: number) => (await queue(room, count)).top;
  const asked = () => commands.map((command) => command.asked);
  async function answer(nth: number, tops: Counts): Promise<void> {
    commands[nth]?.end.resolve(tops);
    await turn();
  }
  return { allocate, commands, asked, answer };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const failure = (allocation: Promise<number>) => allocation.catch((error: Error) => error.message);

test("a room that is alone has a command of its own, however many ask for it", async () => {
  const { allocate, asked, answer } = start();

  const tops = Promise.all([allocate("a", 2), allocate("a", 3)]);
  await turn();
  await answer(0, { top: 15 });

  await expect(tops).resolves.toEqual([12, 15]);
  expect(asked()).toEqual([{ "one a": 5 }]);
});

test("rooms that ask in the same turn share a command, and those that come meanwhile share the next", async () => {
  const { allocate, asked, answer } = start();

  const first = Promise.all([allocate("a", 1), allocate("b", 2)]);
  await turn();
  const second = Promise.all([allocate("c", 3), allocate("a", 4), allocate("c", 5)]);
  await turn();
  expect(asked()).toEqual([{ a: 1, b: 2 }]);
  await answer(0, { a: 1, b: 7 });
  await answer(1, { a: 5, c: 8 });

  await expect(first).resolves.toEqual([1, 7]);
  await expect(second).resolves.toEqual([3, 5, 8]);
  expect(asked()).toEqual([
    { a: 1, b: 2 },
    { c: 8, a: 4 },
  ]);
});

test("a room that got nothing is asked for alone, and holds up neither the others nor the next command", async () => {
  const { allocate, asked, answer } = start();

  const lost = Promise.all([allocate("a", 1), allocate("a", 1)]);
  const other = allocate("b", 1);
  await turn();
  const next = [allocate("c", 1), allocate("d", 1)];
  await answer(0, { b: 9 });
  await expect(other).resolves.toBe(9);
  expect(asked()).toEqual([{ a: 2, b: 1 }, { "one a": 2 }, { c: 1, d: 1 }]);
  await answer(2, { c: 1, d: 1 });
  await expect(Promise.all(next)).resolves.toEqual([1, 1]);
  await answer(1, { top: 4 });

  await expect(lost).resolves.toEqual([3, 4]);
});

test("a command that fails fails all its rooms, but none of the next", async () => {
  const { allocate, commands, answer } = start();

  const first = [allocate("a", 1), allocate("b", 1)].map(failure);
  await turn();
  const second = allocate("b", 1);
  commands[0]?.end.reject(new Error("the link broke"));
  await turn();
  await answer(1, { top: 2 });

  await expect(Promise.all(first)).resolves.toEqual(["the link broke", "the link broke"]);
  await expect(second).resolves.toBe(2);
});

test("a room that fails alone fails alone", async () => {
  const { allocate, commands, answer } = start();

  const lost = [allocate("a", 1), allocate("a", 1)].map(failure);
  const other = allocate("b", 1);
  await turn();
  await answer(0, { b: 3 });
  commands[1]?.end.reject(new Error("its counter is broken"));

  await expect(Promise.all(lost)).resolves.toEqual(["its counter is broken", "its counter is broken"]);
  await expect(other).resolves.toBe(3);
});

test("a command takes no more than 1000 rooms", async () => {
  const { allocate, asked, answer } = start();
  const rooms = Array.from({ length: 2500 }, (_, index) => `room-${index}`);

  const all = Promise.all(rooms.map((room) => allocate(room, 1)));
  await turn();
  const tops = Object.fromEntries(rooms.map((room) => [room, 1]));
  for (let nth = 0; nth < 3; nth += 1) await answer(nth, tops);
  await all;

  expect(asked().map((counts) => Object.keys(counts).length)).toEqual([1000, 1000, 500]);
});
