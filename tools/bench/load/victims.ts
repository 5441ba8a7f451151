import { setTimeout as pause } from "node:timers/promises";
import { createRawClient, type RawClient } from "../../loadtest/raw/raw-client.js";

/** Ordinary users, each with a room of his own. They take turns at a steady pace. */
export interface VictimSpec {
  readonly url: string;
  readonly users: number;
  /** Events that the worker answers by itself, of all users together, per second. */
  readonly asksPerSecond: number;
  /** So many of these come with a message that is stored. */
  readonly asksPerMessage: number;
  readonly measureMs: number;
}

/** What they have seen, in the order in which they asked. */
export interface VictimResult {
  /** How long answers of the worker alone took. */
  readonly answersMs: readonly number[];
  /** How long acknowledgements of stored messages took. */
  readonly storedMs: readonly number[];
  /** What was refused or not answered. */
  readonly failed: number;
}

/** Asks at a steady pace, whether the answers come or not, and measures how long each takes. */
export async function measureVictims(spec: VictimSpec): Promise<VictimResult> {
  const numbers = Array.from({ length: spec.users }, (_, index) => index);
  const clients = await Promise.all(numbers.map((index) => connect(spec.url, index)));
  const answersMs: number[] = [];
  const storedMs: number[] = [];
  const answers: Promise<void>[] = [];
  let failed = 0;

  async function ask(client: RawClient, event: string, payload: object, timesMs: number[]): Promise<void> {
    const begunMs = performance.now();
    const answer = await client.ask(event, payload).catch(() => undefined);
    if ((answer as { ok?: boolean } | undefined)?.ok === true) timesMs.push(performance.now() - begunMs);
    else failed += 1;
  }

  const startMs = performance.now();
  for (let n = 0; performance.now() - startMs < spec.measureMs; n += 1) {
    const index = n % spec.users;
    const client = clients[index];
    if (client === undefined) break;
    const room = `victim-${index}`;
    answers.push(ask(client, "join", { room }, answersMs));
    if (n % spec.asksPerMessage === 0) {
      const messages = [{ id: `${process.pid}-${startMs}-${n}`, body: "x".repeat(100) }];
      answers.push(ask(client, "publish", { room, messages }, storedMs));
    }
    await pause(Math.max(0, startMs + ((n + 1) * 1000) / spec.asksPerSecond - performance.now()));
  }
  await Promise.all(answers);
  await Promise.all(clients.map((client) => client.close()));
  return { answersMs, storedMs, failed };
}

async function connect(url: string, index: number): Promise<RawClient> {
  const client = createRawClient({
    url,
    auth: { user: `victim-${index}` },
    localAddress: `127.0.1.${1 + index}`,
  });
  await client.connect();
  return client;
}
