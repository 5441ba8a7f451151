import { randomUUID } from "node:crypto";
import { createRawClient, type RawClient } from "../../loadtest/raw/raw-client.js";
import { cpuSeconds } from "../processes.js";

/** Clients that publish to durable rooms, each its next message when the last one is acknowledged. */
export interface StoringSpec {
  readonly url: string;
  readonly publishers: number;
  readonly rooms: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Processes whose CPU time counts. */
  readonly pids: readonly number[];
}

export interface StoringResult {
  readonly messages: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly failed: number;
}

const BODY = "x".repeat(100);

/** Publishes for a while. */
export async function measureStoring(spec: StoringSpec): Promise<StoringResult> {
  const numbers = Array.from({ length: spec.publishers }, (_, index) => index);
  const clients = await Promise.all(
    numbers.map(async (index) => {
      const auth = { user: `user-${index}` };
      const client = createRawClient({ url: spec.url, auth, localAddress: `127.0.0.${2 + (index % 250)}` });
      await client.connect();
      return client;
    }),
  );
  const counts = { messages: 0, failed: 0 };
  let isOver = false;

  async function publish(client: RawClient, index: number): Promise<void> {
    const room = `bench-${index % spec.rooms}`;
    while (!isOver) {
      const answer = await client.ask("publish", { room, messages: [{ id: randomUUID(), body: BODY }] });
      if ((answer as { ok?: boolean }).ok === true) counts.messages += 1;
      else counts.failed += 1;
    }
  }
  const publishing = Promise.all(clients.map(publish));
  await new Promise((resolve) => setTimeout(resolve, spec.warmMs));
  const begun = { ...counts, ms: performance.now(), cpu: cpuSeconds(spec.pids) };
  await new Promise((resolve) => setTimeout(resolve, spec.measureMs));
  const result = {
    messages: counts.messages - begun.messages,
    seconds: (performance.now() - begun.ms) / 1000,
    cpuSeconds: cpuSeconds(spec.pids) - begun.cpu,
    failed: counts.failed,
  };
  isOver = true;
  await publishing;
  await Promise.all(clients.map((client) => client.close()));
  return result;
}
