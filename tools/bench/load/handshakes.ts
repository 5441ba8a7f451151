import { createRawClient, type RawClient } from "../../loadtest/raw/raw-client.js";
import { cpuSeconds } from "../processes.js";

export interface HandshakeSpec {
  readonly url: string;
  readonly connections: number;
  /** Handshakes under way at a time. */
  readonly atATime: number;
  readonly pids: readonly number[];
}

export interface HandshakeResult {
  readonly perSecond: number;
  readonly cpuSeconds: number;
  readonly p99Ms: number;
  /** Connections by worker, as the server's `session` event names it. */
  readonly byWorker: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** Opens connections, each up to the end of Socket.IO's handshake, and closes them all afterwards. */
export async function measureHandshakes(spec: HandshakeSpec): Promise<HandshakeResult> {
  const clients: RawClient[] = [];
  const byWorker: Record<string, number> = {};
  const latenciesMs: number[] = [];
  let failed = 0;
  let next = 0;
  let lastMs = 0;

  async function connectSome(): Promise<void> {
    while (next < spec.connections) {
      const client = createRawClient({
        url: spec.url,
        localAddress: `127.0.0.${2 + (next++ % 250)}`,
        onEvent(name, [session]) {
          if (name !== "session") return;
          const worker = String((session as { worker: number }).worker);
          byWorker[worker] = (byWorker[worker] ?? 0) + 1;
        },
      });
      const begun = performance.now();
      try {
        await client.connect();
        lastMs = performance.now();
        latenciesMs.push(lastMs - begun);
        clients.push(client);
      } catch {
        failed += 1;
      }
    }
  }

  const cpu = cpuSeconds(spec.pids);
  const begun = performance.now();
  await Promise.all(Array.from({ length: spec.atATime }, connectSome));
  // Without the wait for those that hang until they are given up: they are counted apart.
  const seconds = (lastMs - begun) / 1000;
  const used = cpuSeconds(spec.pids) - cpu;
  latenciesMs.sort((a, b) => a - b);
  await Promise.all(clients.map((client) => client.close()));
  return {
    perSecond: clients.length / seconds,
    cpuSeconds: used,
    p99Ms: latenciesMs[Math.floor(0.99 * latenciesMs.length)] ?? 0,
    byWorker,
    failed,
  };
}
