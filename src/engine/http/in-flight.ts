import type { ServerResponse } from "node:http";

/** Counts the requests that are being answered, so that a stop can wait for them. */
export interface InFlight {
  /** A request has come; it counts until its response closes. */
  enter(response: ServerResponse): void;
  /** Makes every further answer end its connection, so that clients reconnect elsewhere. */
  drain(): void;
  /** Resolves with the number still open: 0 as soon as there are none, or what is left after `timeoutMs`. */
  drained(timeoutMs: number): Promise<number>;
}

/**
 * Counted here and not on the HTTP server: long-polling requests, which are open nearly always, never reach
 * Express, and the HTTP server does not accept clients by itself, so that its `close` does not wait for them.
 */
export function createInFlight(): InFlight {
  let open = 0;
  let draining = false;
  let onEmpty: (() => void) | undefined;

  function leave(): void {
    open -= 1;
    if (open === 0) onEmpty?.();
  }

  return {
    enter(response) {
      open += 1;
      if (draining) response.setHeader("Connection", "close");
      response.on("close", leave); // emitted once
    },
    drain() {
      draining = true;
    },
    async drained(timeoutMs) {
      draining = true;
      if (open === 0) return 0;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return open;
    },
  };
}
