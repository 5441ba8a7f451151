import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { onEnd } from "./cleanup.js";
import { afterMachineTime, startStopwatch } from "./machine-time.js";

/** Requests of a person's programs beside the clients, repeated until told to stop. */
export interface RequestLoad {
  readonly succeeded: number;
  /** What the failed ones failed with. */
  readonly failures: readonly string[];
  /** Of all that were answered, in ms of the machine's time, to within 50. */
  slowestMs(): number;
  /** Lets the running ones finish. Idempotent. */
  stop(): Promise<void>;
}

interface Call {
  readonly path: string;
  readonly body?: object;
}

const PAUSE_MS = 20;
const ANSWER_WITHIN_MS = 10_000;
const ROOM = "requests";

/** Every kind of request by turns: reading and writing, what may be repeated and what may not. */
const KINDS: readonly (() => Call)[] = [
  () => ({ path: "/hello" }),
  () => ({ path: "/hello", body: { name: "Ann" } }),
  () => ({ path: `/rooms/${ROOM}/messages?limit=1` }),
  () => ({ path: `/rooms/${ROOM}/messages`, body: { id: randomUUID(), body: "by HTTP" } }),
];

/** Four lanes, each over a connection of its own that is kept. Ends by itself. */
export function startRequests(url: string, lanes = 4): RequestLoad {
  const failures: string[] = [];
  const durations: number[] = [];
  let stopping = false;

  async function lane(start: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = start; !stopping; round += 1) {
      const call = (KINDS[round % KINDS.length] as () => Call)();
      const passedMs = startStopwatch();
      const problem = await send(url, call, agent);
      const tookMs = passedMs();
      if (problem !== undefined)
        failures.push(`${call.body === undefined ? "GET" : "POST"} ${call.path}: ${problem}`);
      else durations.push(tookMs);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    agent.destroy();
  }

  const running = Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  async function stop(): Promise<void> {
    stopping = true;
    await running;
  }
  onEnd(stop);
  return {
    get succeeded() {
      return durations.length;
    },
    failures,
    slowestMs: () => Math.max(0, ...durations),
    stop,
  };
}

/** What went wrong, if anything did. */
function send(url: string, { path, body }: Call, agent: Agent): Promise<string | undefined> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve) => {
    const outgoing = request(url + path, {
      agent,
      method: json === undefined ? "GET" : "POST",
      headers: {
        "X-User-Id": "requests",
        ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      },
    });
    const forget = afterMachineTime(ANSWER_WITHIN_MS, () =>
      outgoing.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)),
    );
    outgoing.once("close", forget);
    outgoing.on("error", (error) => resolve(String(error)));
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("error", (error) => resolve(String(error)));
      incoming.on("end", () =>
        resolve(incoming.statusCode === 200 ? undefined : `${incoming.statusCode} ${text}`),
      );
    });
    outgoing.end(json);
  });
}
