import { Agent, type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import { percentile } from "./percentile.js";

/** What the load generator found, of one kind of load on one server. */
export interface LoadResult {
  readonly done: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Largest part of a worker by its smallest one; infinite when one got nothing. */
  readonly unevenness: number;
}

export const LOADS = ["WebSocket handshake", "GET", "POST", "POST in a session"] as const;
export type Load = (typeof LOADS)[number];

const LANES = 64;
const BODY = JSON.stringify({ name: "x".repeat(190) });
/** One unit of a load; resolves with the worker that served it, or nothing if that is not to be counted. */
type Unit = () => Promise<string | undefined>;

function exchange(url: string, agent: Agent, body?: string): Promise<{ text: string; worker: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = body === undefined ? {} : { "Content-Type": "text/plain", "Content-Length": body.length };
    const outgoing = request(url, { agent, method, headers }, (answer: IncomingMessage) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.once("error", reject);
      answer.once("end", () => {
        if (answer.statusCode === 200) resolve({ text, worker: String(answer.headers["x-worker"]) });
        else reject(new Error(`${answer.statusCode} ${text}`));
      });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

function handshake(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    let worker = "";
    socket.once("upgrade", (answer) => {
      worker = String(answer.headers["x-worker"]);
    });
    socket.once("error", reject);
    socket.once("message", () => {
      socket.terminate();
      resolve(worker);
    });
  });
}

/** A lane's unit of work, with connections of its own that are kept alive. */
async function unitOf(load: Load, url: string): Promise<Unit> {
  if (load === "WebSocket handshake") return () => handshake(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  if (load === "GET") return async () => (await exchange(`${url}/hello`, agent)).worker;
  if (load === "POST") return async () => (await exchange(`${url}/hello`, agent, BODY)).worker;
  const entrance = `${url}/socket.io/?EIO=4&transport=polling`;
  const { text } = await exchange(entrance, new Agent()); // another connection than the session's requests
  const { sid } = JSON.parse(text.slice(1)) as { sid: string };
  return async () => {
    await exchange(`${entrance}&sid=${sid}`, agent, "3");
    return undefined;
  };
}

async function run(load: Load, url: string, ms: number): Promise<LoadResult> {
  const units = await Promise.all(Array.from({ length: LANES }, () => unitOf(load, url)));
  const latencies: number[] = [];
  const workers = new Map<string, number>();
  let failed = 0;
  const begun = performance.now();
  const lanes = units.map(async (unit) => {
    while (performance.now() - begun < ms) {
      const at = performance.now();
      try {
        const worker = await unit();
        latencies.push(performance.now() - at);
        if (worker !== undefined) workers.set(worker, (workers.get(worker) ?? 0) + 1);
      } catch {
        failed += 1;
      }
    }
  });
  await Promise.all(lanes);
  const counts = [...workers.values()];
  return {
    done: latencies.length,
    failed,
    perSecond: (1000 * latencies.length) / (performance.now() - begun),
    p99Ms: percentile(latencies, 0.99),
    unevenness: counts.length < 2 ? Number.POSITIVE_INFINITY : Math.max(...counts) / Math.min(...counts),
  };
}

process.on("message", ({ load, url, ms }: { load: Load; url: string; ms: number }) => {
  run(load, url, ms).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${load}: ${error}\n`);
      process.exit(1);
    },
  );
});
process.once("disconnect", () => process.exit());
