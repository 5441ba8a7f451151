import { type ApiOf, createApi } from "../api.js";
import type { Json, Schemas, ServerRoutes } from "./contract.js";
import { pause, retried } from "./retries.js";

export { ApiError, type ApiErrorCode, type CallOptions } from "../api.js";
export type { Json, Schemas, ServerRoutes } from "./contract.js";

export interface ServerOptions {
  /** Where Shoal is. */
  readonly url: string;
  /** `<kid>.<secret>`. For servers only: whoever has it may do all that it may. */
  readonly key: string;
  /** How often a call is tried while it fails with a temporary error: by default 6 times, which takes some seconds. */
  readonly tries?: number;
  /** How long one try waits for a whole reply: by default 20 s. */
  readonly timeoutMs?: number;
  /** Sends the requests. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** A message to be stored. */
export interface NewItem {
  readonly room: string;
  readonly from: string;
  readonly body: Json;
  /** Makes a repetition harmless, also one by another process; by default a random one, which covers the tries of this call. */
  readonly id?: string;
}

/** Calls the routes of the server API, by method and path; a temporary failure is tried again. */
export interface ServerApi extends ApiOf<ServerRoutes> {
  /**
   * Stores messages, of each room and sender in their order, and gives a result for each. Those that fail for a while are tried again
   * by themselves. Rejects with an `ApiError` when a request got no reply.
   */
  publish(items: readonly NewItem[]): Promise<readonly Schemas["PublishResult"][]>;
}

type Item = NewItem & { readonly id: string };
type Result = Schemas["PublishResult"];
type AnyCall = (path: string, request?: object) => Promise<unknown>;

/** Of one request. */
const MOST_ITEMS = 100;
/** Not stored, so that a repetition would reach clients twice. */
const ONCE: string[] = ["/v1/relay"];

/** A client of the server API, for Node.js. It needs no connection and nothing to be closed. */
export function createServerApi({ url, key, tries = 6, ...options }: ServerOptions): ServerApi {
  const api = createApi({ url, getToken: () => key, ...options }) as unknown as Record<string, AnyCall>;
  const methods = Object.entries(api).map(([method, call]) => [
    method,
    (path: string, request?: object) => retried(tries, !ONCE.includes(path), () => call(path, request)),
  ]);
  const calls = Object.fromEntries(methods) as ApiOf<ServerRoutes>;

  async function publishSome(items: readonly Item[]): Promise<Result[]> {
    const results: Result[] = [];
    let open = items.map((item, index) => ({ item, index }));
    for (let attempt = 0; open.length > 0; attempt += 1) {
      const reply = await calls.post("/v1/publish", { body: { items: open.map(({ item }) => item) } });
      open.forEach(({ index }, nth) => {
        const result = reply.results[nth];
        if (result !== undefined) results[index] = result;
      });
      open = open.filter(({ index }) => isTemporary(results[index]));
      if (attempt + 1 >= tries) break;
      if (open.length > 0) await pause(attempt, undefined);
    }
    return results;
  }

  return {
    ...calls,
    async publish(items) {
      const named = items.map((item) => ({ ...item, id: item.id ?? crypto.randomUUID() }));
      const results: Result[] = [];
      for (let start = 0; start < named.length; start += MOST_ITEMS)
        results.push(...(await publishSome(named.slice(start, start + MOST_ITEMS))));
      return results;
    },
  };
}

function isTemporary(result: Result | undefined): boolean {
  return result?.ok === false && result.error.temporary;
}
