import { type Client, connectClient, emitAck } from "./connect-client.js";
import { crosses } from "./crossing.js";
import { type RunningWorker, startWorker } from "./start-worker.js";
import { eventually } from "./wait.js";

/** Two workers that only Redis joins, with two clients on the first and one on the second. */
export interface WorkerPair {
  readonly workers: readonly [RunningWorker, RunningWorker];
  readonly near: readonly [Client, Client];
  readonly far: Client;
}

const BECOME_WITHIN_MS = 20_000;
const SAID = Array.from({ length: 20 }, (_, index) => `in the outage ${index}`);

export async function startPair(mongodbUri: string, env: Record<string, string>): Promise<WorkerPair> {
  const [first, second] = await Promise.all([
    startWorker({ mongodbUri, env, worker: 1 }),
    startWorker({ mongodbUri, env, worker: 2 }),
  ]);
  const [one, other, far] = await Promise.all([
    connectClient(first.url),
    connectClient(first.url),
    connectClient(second.url),
  ]);
  return { workers: [first, second], near: [one, other], far };
}

/** Messages cross between the workers, both ways. */
export async function isJoined({ near, far }: WorkerPair): Promise<void> {
  await crosses(near[0], far);
  await crosses(far, near[0]);
}

/** Both workers say that they are so, before long. */
export async function bothBecome({ workers }: WorkerPair, status: "ok" | "degraded"): Promise<void> {
  await eventually(
    async () => {
      for (const { url } of workers) {
        const response = await fetch(`${url}/health`);
        expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ status })]);
      }
    },
    { withinMs: BECOME_WITHIN_MS },
  );
}

/** Everything that one client of the first worker says is heard by the other one, in order, and by nobody afar. */
export async function talkStaysLocal({ near: [from, to], far }: WorkerPair): Promise<void> {
  const [heardNear, heardFar] = [saidTo(to), saidTo(far)];
  for (const body of SAID) await emitAck(from.socket, "message", { body });
  await eventually(() => expect(heardNear).toEqual(SAID), { withinMs: BECOME_WITHIN_MS });
  expect(heardFar).toEqual([]);
}

function saidTo({ socket }: Client): unknown[] {
  const heard: unknown[] = [];
  socket.on("message", ({ body }: { body: string }) => SAID.includes(body) && heard.push(body));
  return heard;
}

/** The log lines that call for a person. */
export function complaints({ workers }: WorkerPair): string[] {
  const lines = workers.flatMap(({ logs }) => logs);
  return lines
    .filter(({ fields }) => ["error", "fatal"].includes(String(fields.level)))
    .map(({ text }) => text);
}
