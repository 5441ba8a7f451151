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

test("a taken key is a conflict of its own insert: the others of the command are written again, each alone", async () => {
  const { insert, commands } = start();
  const first = insert([1]);
  await turn();
  const others = [insert([2, 3]), insert([4]), insert([5, 6])];
  commands[0]?.end.resolve("stored");
  await first;
  await turn();
  commands[1]?.end.resolve("conflict");
  await turn();
  const alone = commands.slice(2);
  expect(alone.map(({ documents }) => documents)).toEqual([[2, 3], [4], [5, 6]]);

  const outcomes = ["stored", "conflict", "stored"] as const;
  alone.forEach(({ end }, index) => {
    end.resolve(outcomes[index] ?? "conflict");
  });

  await expect(Promise.all(others)).resolves.toEqual(outcomes);
});

test("an insert that was written alone has its conflict at once, and what is written again holds up no others", async () => {
  const { insert, commands } = start();
  const both = [insert([1]), insert([2])];
  await turn();
  commands[0]?.end.resolve("conflict");
  await turn();
  commands[1]?.end.resolve("conflict");
  await expect(both[0]).resolves.toBe("conflict");

  const next = insert([3]);
  await turn();
  commands[3]?.end.resolve("conflict");
  await expect(next).resolves.toBe("conflict");

  commands[2]?.end.resolve("stored");
  await expect(both[1]).resolves.toBe("stored");
  expect(commands).toHaveLength(4);
});

test("a failure fails all of a command, and none of the next", async () => {
  const { insert, commands } = start();
  const failed = [insert([1]), insert([2])].map((one) => one.catch((error: Error) => error.message));
  await turn();
  const next = insert([3]);
  commands[0]?.end.reject(new Error("the link broke"));
  await expect(Promise.all(failed)).resolves.toEqual(["the link broke", "the link broke"]);
  await turn();
  commands[1]?.end.resolve("stored");

  await expect(next).resolves.toBe("stored");
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
