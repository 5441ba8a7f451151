const STORED_AS = "shoal-console-key";
/** Longest wait for an answer, in milliseconds: a question to all workers takes up to 7 s. */
const TIMEOUT_MS = 12_000;

/** What the server said instead of an answer. */
export class Refusal extends Error {
  constructor(status, { code = "internal", message = `The server answered with ${status}` } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** `Date` has whole seconds: by less than this, in milliseconds, clocks do not differ. */
const SAME_CLOCK_MS = 2000;

/** How far the server's clock is ahead of the browser's, in milliseconds, by an answer that has just come. */
function aheadMs(response) {
  const ahead = Date.parse(response.headers.get("Date")) - Date.now();
  return Math.abs(ahead) < SAME_CLOCK_MS || Number.isNaN(ahead) ? 0 : ahead;
}

/** What the tab keeps over a reload. A browser may forbid it: then one signs in again. */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/**
 * Asks the server with the key, which is kept for this tab only. `onUnknown` is called when the key does not count; with its name, which is no
 * secret, when it did before.
 */
export function createApi(onUnknown) {
  const storage = tabStorage();
  let serverAheadMs = 0;
  let key = storage?.getItem(STORED_AS) ?? "";
  /** Whether the server has taken the key before, also before the page was loaded again. */
  let wasTaken = key !== "";

  async function ask(method, path, { body, timeoutMs = TIMEOUT_MS } = {}) {
    const asked = key;
    const response = await fetch(path, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => {
      throw new Refusal(0, { code: "unreachable", message: "The private port does not answer" });
    });
    serverAheadMs = aheadMs(response);
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    // Of a key that another one has replaced since, it is of no interest.
    if (response.status === 401 && key === asked) onUnknown(wasTaken ? key.split(".", 1)[0] : undefined);
    throw new Refusal(response.status, answer.error);
  }

  return {
    hasKey: () => key !== "",
    use(next) {
      key = next;
      wasTaken = false;
    },
    /** The server's time, in milliseconds since 1970: ages are by its clock. */
    nowMs: () => Date.now() + serverAheadMs,
    keep() {
      wasTaken = true;
      storage?.setItem(STORED_AS, key);
    },
    forget() {
      key = "";
      storage?.removeItem(STORED_AS);
    },
    get: (path, query = {}, options = {}) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
      return ask("GET", given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`, options);
    },
    post: (path, body) => ask("POST", path, { body }),
    remove: (path) => ask("DELETE", path),
  };
}

/** A name as one segment of an address. */
export const segment = (name) => encodeURIComponent(name);

/** The name in a segment; what is none, as somebody may have typed it, is taken as it stands. */
export function named(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
