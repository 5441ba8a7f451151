import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import { within } from "../../support/wait.js";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CallOptions {
  /** Sent as JSON text in a POST; without it the call is a GET. */
  readonly json?: string;
  /** As `json`, but of another type. */
  readonly text?: string;
  /** Default: a connection of its own for each call. */
  readonly agent?: Agent;
  /** Longest time until the whole answer is here; default 10000. */
  readonly withinMs?: number;
}

/** One HTTP request. @throws when the connection fails or no whole answer comes in time. */
export async function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const { json, text, agent = false, withinMs = 10_000 } = options;
  const body = json ?? text;
  const type = json === undefined ? "text/plain;charset=UTF-8" : "application/json";
  const ending = new AbortController();
  const answer = new Promise<Answer>((resolve, reject) => {
    const outgoing = request(url, {
      agent,
      method: body === undefined ? "GET" : "POST",
      ...(body === undefined
        ? {}
        : { headers: { "Content-Type": type, "Content-Length": Buffer.byteLength(body) } }),
      signal: ending.signal,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const { statusCode: status = 0, headers } = incoming;
        resolve({ status, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end(body);
  });
  return within(answer, withinMs, `the answer to ${url}`).catch((error: unknown) => {
    ending.abort();
    throw error;
  });
}

/** What `GET /health` says. @throws as `call`. */
export async function health(url: string): Promise<Health> {
  const { status, body } = await call(`${url}/health`);
  return { httpStatus: status, ...(JSON.parse(body) as Omit<Health, "httpStatus">) };
}

export interface Health {
  readonly httpStatus: number;
  readonly status: string;
  readonly instance: string;
  readonly worker: number;
  readonly mongo: string;
  readonly redis: string;
}
