import type { Connection } from "./connections/connection.js";
import type { Connections } from "./connections/connections.js";
import { hangUp, PATIENCE_MS } from "./hang-up.js";

/** How often connections are chosen, in milliseconds; within one such step each has a moment of its own. */
const STEP_MS = 100;

/**
 * Closes every connection, in random order and evenly spread over `windowMs`, so that clients come back to the other
 * instances one after the other and not all at once. Resolves when none is left, or `PATIENCE_MS` after the window for
 * those that do not close. New connections must be refused from before the call.
 */
export async function closePaced(connections: Connections, windowMs: number): Promise<void> {
  const asked = new WeakSet<Connection>();
  const endMs = performance.now() + windowMs;

  function step(): void {
    const waiting = [...connections].filter((connection) => !asked.has(connection));
    const leftMs = endMs - performance.now();
    const share = leftMs <= STEP_MS ? 1 : STEP_MS / leftMs;
    for (const connection of take(waiting, share)) {
      asked.add(connection);
      setTimeout(hangUp, Math.random() * Math.max(0, Math.min(STEP_MS, leftMs)), connection);
    }
  }

  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const done = isEmpty(connections) || performance.now() > endMs + PATIENCE_MS;
      if (!done) return step();
      clearInterval(timer);
      resolve();
    }, STEP_MS);
    step();
  });
}

/** A random part of `all`; fractions are rounded by chance, so that few connections are spread as evenly as many. */
function take<T>(all: readonly T[], share: number): T[] {
  const pool = [...all];
  const wanted = all.length * share;
  const count = Math.min(pool.length, Math.floor(wanted) + (Math.random() < wanted % 1 ? 1 : 0));
  for (let index = 0; index < count; index += 1) {
    const other = index + Math.floor(Math.random() * (pool.length - index));
    [pool[index], pool[other]] = [pool[other] as T, pool[index] as T];
  }
  return pool.slice(0, count);
}

function isEmpty(connections: Iterable<unknown>): boolean {
  for (const _one of connections) return false;
  return true;
}
