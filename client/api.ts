import { type Routes, type Schemas, UNUSUAL_STATUSES } from "./contract.js";

export type ApiOptions = {
  /** Where the server is. In a browser, "" is where the page is from. */
  url: string;
  /** Whom the requests speak for. Routes that ask for a user refuse without it. */
  user?: string;
  /**
   * Gives the token to speak with, where the server wants one. After a refusal it is asked once more, with `true`, and the request is
   * repeated with what it gives.
   */
  getToken?: (isRefused: boolean) => string | Promise<string>;
  /** Sends the requests. */
  fetch?: (request: Request) => Promise<Response>;
  /** How long to wait for a whole reply: by default 20 s, more than the server's deadline of 15 s. */
  timeoutMs?: number;
  /** The largest reply: by default 32 MiB, twice what a message may have. */
  maxReplyBytes?: number;
};
export type CallOptions = {
  /** Ends the request; the call rejects with the signal's reason. */
  signal?: AbortSignal;
};
/** The server's codes, and five for what it did not say. `no_token`: `getToken` has rejected. `bad_reply` is what is no reply of it, such as a proxy's page. */
export type ApiErrorCode =
  | Refused["code"]
  | "no_token"
  | "unreachable"
  | "timeout"
  | "reply_too_large"
  | "bad_reply";
type Refused = Schemas["Error"];

/** Why a call got no reply. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** True when the same request may succeed later, unchanged. What the server did not answer it may have done all the same. */
  readonly temporary: boolean;
  /** Time after which to ask again, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    temporary: boolean,
    retryAfterMs?: number,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "ApiError";
    this.code = code;
    this.temporary = temporary;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a route needs, which may be left out where it is nothing. */
type Arguments<Asked> =
  Record<never, never> extends Asked ? [request?: Asked & CallOptions] : [request: Asked & CallOptions];
type Call<Ways> = <Path extends keyof Ways & string>(
  path: Path,
  ...request: Ways[Path] extends { request: infer Asked } ? Arguments<Asked> : never
) => Promise<Ways[Path] extends { reply: infer Reply } ? Reply : never>;
/** A function for each method that there are routes for. */
export type ApiOf<Ways> = {
  readonly [Method in keyof Ways & string as Lowercase<Method>]: Call<Ways[Method]>;
};
export type Api = ApiOf<Routes>;

type AnyRequest = CallOptions & { params?: object; query?: object; body?: unknown };

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** The longest time of a timer; beyond it, it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Refusals that another token may change. */
const OF_TOKENS: string[] = ["unauthenticated", "token_expired"];
/** Of answers that are not the server's: those that a proxy gives while it cannot reach it, or is asked too often. */
const PASSING_STATUSES = [408, 425, 429, 502, 503, 504];

/**
 * Calls the routes of the public port. A call sends one request and repeats nothing but what was refused for its token, which had no effect. It resolves with the reply, and rejects with an
 * {@link ApiError} when there is none.
 */
export function createApi({ url, user, getToken, fetch: send = fetch, ...bounds }: ApiOptions): Api {
  const { timeoutMs = 20_000, maxReplyBytes = 32 * 1024 * 1024 } = bounds;
  const base = url.replace(/\/+$/, "");

  async function headers(isRefused: boolean, signal: AbortSignal): Promise<Record<string, string>> {
    const own = user === undefined ? {} : { "X-User-Id": user };
    if (getToken === undefined) return own;
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason)),
    );
    try {
      return { ...own, Authorization: `Bearer ${await Promise.race([getToken(isRefused), stopped])}` };
    } catch (cause) {
      throw new ApiError("no_token", "getToken has rejected", true, undefined, cause);
    }
  }

  async function call(method: string, path: string, { signal, ...asked }: AnyRequest = {}): Promise<unknown> {
    const control = new AbortController();
    const stop = () => control.abort(signal?.reason);
    const expire = () => control.abort(new ApiError("timeout", "There was no reply in time", true));
    const timer = setTimeout(expire, Math.min(timeoutMs, LONGEST_TIMER_MS));
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      const address = base + addressOf(path, asked);
      const ask = async (isRefused: boolean) => {
        const request = requestOf(
          method,
          address,
          await headers(isRefused, control.signal),
          asked.body,
          control.signal,
        );
        const response = await send(request);
        return replyOf(`${method} ${path}`, response, await textOf(response, maxReplyBytes));
      };
      return await ask(false).catch((error: unknown) => {
        const isOfToken = error instanceof ApiError && OF_TOKENS.includes(error.code);
        if (getToken === undefined || !isOfToken) throw error;
        return ask(true);
      });
    } catch (error) {
      if (control.signal.aborted) throw control.signal.reason;
      if (error instanceof ApiError) throw error;
      throw new ApiError("unreachable", "The server was not reached, or broke off", true, undefined, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      control.abort(); // what was not read is not sent any further
    }
  }

  const calls = METHODS.map((method) => [method.toLowerCase(), call.bind(undefined, method)]);
  return Object.fromEntries(calls);
}

const invalid = (message: string, cause?: unknown) =>
  new ApiError("invalid", message, false, undefined, cause);

function addressOf(path: string, { params = {}, query = {} }: AnyRequest): string {
  const values = new Map<string, unknown>(Object.entries(params));
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(values.get(name) ?? "");
    // Whoever reads an address takes such segments out of it: what is left would be another route.
    if (["", ".", ".."].includes(value)) throw invalid(`params.${name}: must not be empty, . or ..`);
    return encodeURIComponent(value);
  });
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams();
  for (const [name, value] of given) search.append(name, String(value));
  return given.length === 0 ? filled : `${filled}?${search}`;
}

/** A request that can be sent; what cannot be is refused here, as no repetition would help. */
function requestOf(
  method: string,
  address: string,
  headers: Record<string, string>,
  body: unknown,
  signal: AbortSignal,
) {
  try {
    // A redirect would turn a POST into a GET, and tell the user's id elsewhere.
    const init: RequestInit = { method, headers, signal, redirect: "error" };
    if (body === undefined) return new Request(address, init);
    const json = { ...headers, "Content-Type": "application/json" };
    return new Request(address, { ...init, headers: json, body: JSON.stringify(body) });
  } catch (cause) {
    throw invalid("There is no such request: the address, the user or the body cannot be sent", cause);
  }
}

async function textOf({ body }: Response, maxBytes: number): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.length;
    if (bytes > maxBytes) throw new ApiError("reply_too_large", `The reply exceeds ${maxBytes} bytes`, false);
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** @throws {ApiError} for what is no reply of this route. */
function replyOf(route: string, { ok, status, headers }: Response, text: string): unknown {
  const reply = parsed(text);
  const refused = ok ? undefined : (reply as { error?: Partial<Refused> } | null | undefined)?.error;
  // Gateways have errors with a code, too; only the server's says whether to ask again.
  if (refused?.code !== undefined && typeof refused.temporary === "boolean") {
    const { code, message = "", temporary, retryAfterMs } = refused;
    throw new ApiError(code, message, temporary, retryAfterMs);
  }
  if (reply !== undefined && (ok || UNUSUAL_STATUSES[route]?.includes(status))) return reply;
  const seconds = Number(headers.get("Retry-After") ?? Number.NaN);
  const retryAfterMs = seconds >= 0 ? seconds * 1000 : undefined;
  const message = `Status ${status}, and no reply of the server`;
  throw new ApiError("bad_reply", message, PASSING_STATUSES.includes(status), retryAfterMs);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
