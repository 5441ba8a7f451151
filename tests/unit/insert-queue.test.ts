import { createInsertQueue, type InsertOutcome } from "../../src/engine/stores/insert-queue.js";
import { deferred, eventually } from "../support/wait.js";

/** A queue whose commands end when the test says so. */
function start() {
  const commands: {
    readonly documents: readonly number[];
    readonly end: ReturnType<typeof deferred<InsertOutcome>>;
  }[] = [];
  const insert = createInsertQueue<number>((documents) => {
    const end = deferred<InsertOutcome>();
    commands.push({ documents, end });
    return end.promise;
  });
  return { insert, commands };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("an insert that finds no other one is written alone", async () => {
  const { insert, commands } = start();

  const outcome = insert([1, 2]);
  await turn();
  commands[0]?.end.resolve("stored");

  await expect(outcome).resolves.toBe("stored");
  expect(commands.map(({ documents }) => documents)).toEqual([[1, 2]]);
});

test("inserts of the same turn become one command", async () => {
  const { insert, commands } = start();

  const outcomes = Promise.all([insert([1]), insert([2, 3])]);
  await turn();
  commands[0]?.end.resolve("stored");

  await expect(outcomes).resolves.toEqual(["stored", "stored"]);
  expect(commands.map(({ documents }) => documents)).toEqual([[1, 2, 3]]);
});

test("inserts that come while one is on its way become one command, each in its order", async () => {
  const { insert, commands } = start();

  const first = insert([1]);
  await turn();
  const others = [insert([2, 3]), insert([4]), insert([5, 6])];
  expect(commands).toHaveLength(1);
  commands[0]?.end.resolve("stored");
  await first;
  await turn();
  commands[1]?.end.resolve("stored");

  await expect(Promise.all(others)).resolves.toEqual(["stored", "stored", "stored"]);
  expect(commands.map(({ documents }) => documents)).toEqual([[1], [2, 3, 4, 5, 6]]);
});

test("a taken key is a conflict for all of a command, and a failure fails all of it, but none of the next", async () => {
  const { insert, commands } = start();
  const first = insert([1]);
  await turn();
  const second = [insert([2]), insert([3])];
  commands[0]?.end.resolve("stored");
  await first;
  await turn();
  commands[1]?.end.resolve("conflict");
  await expect(Promise.all(second)).resolves.toEqual(["conflict", "conflict"]);

  const third = insert([4]).catch((error: Error) => error.message);
  await turn();
  const fourth = insert([5]);
  commands[2]?.end.reject(new Error("the link broke"));
  await expect(third).resolves.toBe("the link broke");
  await turn();
  commands[3]?.end.resolve("stored");

  await expect(fourth).resolves.toBe("stored");
});

test("a command takes no more than 2000 documents, but a larger insert goes whole", async () => {
  const { insert, commands } = start();
  const many = (count: number) => Array.from({ length: count }, (_, index) => index);

  const all = [insert([0]), insert(many(1500)), insert(many(600)), insert(many(3000)), insert([0])];
  await turn();
  for (let index = 0; index < 4; index += 1) {
    commands[index]?.end.resolve("stored");
    await turn();
  }
  await Promise.all(all);

  expect(commands.map(({ documents }) => documents.length)).toEqual([1501, 600, 3000, 1]);
});

test("a command whose answer is lost holds others up for a moment only, and keeps its own", async () => {
  const { insert, commands } = start();

  const hung = insert([1]);
  await turn();
  const later = insert([2]);
  await eventually(() => expect(commands.map(({ documents }) => documents)).toEqual([[1], [2]]));
  commands[1]?.end.resolve("stored");
  await expect(later).resolves.toBe("stored");

  commands[0]?.end.resolve("conflict");
  await expect(hung).resolves.toBe("conflict");
});
