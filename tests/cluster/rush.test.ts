import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, within } from "../support/wait.js";
import { health } from "./support/http-call.js";

// Connections that come faster than the primary could give each to a worker: the workers keep what they accept.

const AT_A_TIME = 60;

let mongo: MongoServer;
let shoal: Shoal;

beforeAll(async () => {
  mongo = await startMongo();
});

beforeEach(async () => {
  shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor() });
});

interface Rush {
  /** Connections answered by the worker of each slot. */
  readonly answers: Map<number, number>;
  /** Error codes of the others. */
  readonly errors: string[];
}

/** Asks over a connection of its own each time; `onAnswer` is told how many there are so far. */
async function rush(connections: number, onAnswer: (count: number) => void = () => {}): Promise<Rush> {
  const answers = new Map<number, number>();
  const errors: string[] = [];
  let begun = 0;
  let answered = 0;
  async function ask(): Promise<void> {
    while (begun < connections) {
      begun += 1;
      try {
        const { worker } = await health(shoal.url);
        answers.set(Number(worker), (answers.get(Number(worker)) ?? 0) + 1);
        answered += 1;
        onAnswer(answered);
      } catch (error) {
        errors.push((error as NodeJS.ErrnoException).code ?? String(error));
      }
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, ask));
  return { answers, errors };
}

test("all are answered, by all workers evenly", async () => {
  const { answers, errors } = await rush(3000);
  expect(errors).toEqual([]);
  const [one = 0, other = 0] = answers.values();
  expect(Math.max(one, other) / Math.min(one, other)).toBeLessThanOrEqual(1.5);
});

test("a worker killed with -9 takes only what it has with it, and nobody is refused", async () => {
  const doomed = shoal.workers().get(1) ?? 0;
  const { answers, errors } = await rush(2000, (count) => {
    if (count === 1000) process.kill(doomed, "SIGKILL");
  });
  expect(new Set(errors)).toEqual(new Set(errors.length === 0 ? [] : ["ECONNRESET"]));
  expect(errors.length).toBeLessThanOrEqual(AT_A_TIME);
  expect(answers.get(2)).toBeGreaterThan(1000);
});

test("a worker that hangs holds up what it has, and the other goes on", async () => {
  const hung = shoal.workers().get(1) ?? 0;
  const before = await rush(1000);
  process.kill(hung, "SIGSTOP");
  let answered = 0;
  const going = rush(300, (count) => {
    answered = count;
  });
  await eventually(() => expect(answered).toBeGreaterThan(20));
  process.kill(hung, "SIGCONT");
  const { errors } = await going;
  expect([...before.errors, ...errors]).toEqual([]);
});

test("a worker that hangs is passed over also when few connections come", async () => {
  const hung = shoal.workers().get(1) ?? 0;
  process.kill(hung, "SIGSTOP");
  onTestEnd(() => signalIfAlive(hung, "SIGCONT"));
  const late: Promise<unknown>[] = [];
  let inARow = 0;
  // By number alone the primary would notice after a hundred.
  for (let asked = 0; inARow < 6 && asked < 60; asked += 1) {
    const answer = health(shoal.url);
    const isAnswered = await within(answer, 2000, "an answer").then(
      () => true,
      () => false,
    );
    inARow = isAnswered ? inARow + 1 : 0;
    if (!isAnswered) late.push(answer);
  }
  expect(inARow).toBe(6);

  process.kill(hung, "SIGCONT");
  expect(await Promise.all(late)).toEqual(late.map(() => expect.objectContaining({ httpStatus: 200 })));
});

test("replacing all workers meanwhile fails no connection", async () => {
  let replaced = false;
  process.kill(shoal.pid, "SIGHUP");
  const replacing = shoal
    .waitForLog(logged("worker replaced", { worker: 2 }), { withinMs: 60_000 })
    .then(() => {
      replaced = true;
    });
  const failures: string[] = [];
  while (!replaced) failures.push(...(await rush(500)).errors);
  await replacing;
  expect(failures).toEqual([]);
});
