import { setTimeout as pause } from "node:timers/promises";
import { createRawClient, type RawClient } from "../../loadtest/raw/raw-client.js";
import { percentile } from "../percentile.js";

/** Ordinary users, each with a room of his own in which he publishes a message now and then. */
export interface VictimSpec {
  readonly url: string;
  readonly users: number;
  /** Between two messages of a user, in milliseconds. */
  readonly everyMs: number;
  readonly measureMs: number;
}

/** What they have seen. */
export interface VictimResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly acknowledged: number;
  /** Messages that were refused or not acknowledged. */
  readonly failed: number;
}

/** Publishes at a steady pace, whether the answers come or not, and measures how long each acknowledgement takes. */
export async function measureVictims(spec: VictimSpec): Promise<VictimResult> {
  const clients = await Promise.all(
    Array.from({ length: spec.users }, (_, index) => connect(spec.url, index)),
  );
  const latenciesMs: number[] = [];
  const answers: Promise<void>[] = [];
  let failed = 0;

  async function publish(client: RawClient, index: number, id: string): Promise<void> {
    const begunMs = performance.now();
    const request = { room: `victim-${index}`, messages: [{ id, body: "x".repeat(100) }] };
    const answer = await client.ask("publish", request).catch(() => undefined);
    if ((answer as { ok?: boolean } | undefined)?.ok === true) latenciesMs.push(performance.now() - begunMs);
    else failed += 1;
  }

  const startMs = performance.now();
  for (let round = 0; performance.now() - startMs < spec.measureMs; round += 1) {
    for (const [index, client] of clients.entries())
      answers.push(publish(client, index, `${process.pid}-${startMs}-${index}-${round}`));
    await pause(Math.max(0, startMs + (round + 1) * spec.everyMs - performance.now()));
  }
  await Promise.all(answers);
  await Promise.all(clients.map((client) => client.close()));
  return {
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    acknowledged: latenciesMs.length,
    failed,
  };
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
