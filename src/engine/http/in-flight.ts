import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { waitAtMost } from "../process/wait-at-most.js";

/**
 * Turns of the event loop without an open request after which there is none: what has come is read in one, and behind an answer another request of its
 * connection begins in a turn of its own.
 */
const QUIET_TURNS = 3;

/** Counts the requests that are being answered, so that a stop can wait for them. */
export interface InFlight {
  /** A request has come; it counts until its response closes. */
  enter(response: ServerResponse): void;
  /** An answer is given to a request for which nobody waits before; it counts until the client has taken it. */
  answer(response: ServerResponse): void;
  /** Makes every further answer end its connection, so that clients reconnect elsewhere. */
  drain(): void;
  /** Resolves with the number still open: 0 as soon as there are none, or what is left after `timeoutMs`. */
  drained(timeoutMs: number): Promise<number>;
}

/**
 * Counted here and not on the HTTP server: long-polling requests, which are open nearly always, count from their answer on, and
 * the HTTP server does not accept clients by itself, so that its `close` does not wait for them.
 */
export function createInFlight(): InFlight {
  let open = 0;
  let draining = false;
  let onEmpty: (() => void) | undefined;
  const answers = new Set<ServerResponse>();

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
    answer(response) {
      if (response.destroyed) return;
      answers.add(response);
      response.on("close", () => answers.delete(response));
    },
    drain() {
      draining = true;
    },
    async drained(timeoutMs) {
      draining = true;
      const endMs = performance.now() + timeoutMs;
      for (let quiet = 0; quiet < QUIET_TURNS; quiet = open === 0 ? quiet + 1 : 0) {
        if (open > 0) {
          const empty = new Promise<void>((resolve) => {
            onEmpty = resolve;
          });
          await waitAtMost(empty, endMs - performance.now());
          if (performance.now() >= endMs) return open;
        }
        await nextTurn();
      }
      // Those that are on their way now: clients that poll ask for more as long as they can, and there may be no moment without an answer.
      const left = [...answers];
      if (left.length > 0) await waitAtMost(Promise.all(left.map(closing)), endMs - performance.now());
      return open + left.filter(({ closed }) => !closed).length;
    },
  };
}

async function closing(response: ServerResponse): Promise<void> {
  if (!response.closed) await new Promise((resolve) => response.once("close", resolve));
}
