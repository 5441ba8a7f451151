import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { afterMachineTime } from "./machine-time.js";

/** What Node's EventEmitter and socket.io-client's sockets have in common. */
export interface Emitter {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A promise that is settled from outside. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

// All bounds here are of the machine's time, which is that of the clock only while the machine is idle.

/**
 * The value of `promise`, or a rejection after `withinMs` that names `what`. The promise itself goes on,
 * and a later rejection of it counts as handled.
 */
export async function within<T>(promise: Promise<T>, withinMs: number, what: string): Promise<T> {
  const late = deferred<never>();
  const forget = afterMachineTime(withinMs, () =>
    late.reject(new Error(`${what}: not within ${withinMs} ms`)),
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    forget();
  }
}

/**
 * Tries `attempt` until it neither throws nor rejects, and returns its value. At least one attempt is made;
 * one that hangs is given up at the end of the time.
 * @throws the error of the last finished attempt after `withinMs` (default 5000).
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { withinMs = 5000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const late = deferred<never>();
  let failure: unknown = new Error(`no attempt finished within ${withinMs} ms`);
  let over = false;
  const forget = afterMachineTime(withinMs, () => late.reject(failure));

  async function attempts(): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        failure = error;
      }
      await sleep(everyMs);
      if (over) throw failure;
    }
  }

  try {
    return await Promise.race([attempts(), late.promise]);
  } finally {
    over = true;
    forget();
  }
}

/**
 * The arguments of the next `event`. Listening starts with the call, so call it before the cause.
 * @throws after `withinMs` (default 5000).
 */
export async function once<Args extends unknown[] = unknown[]>(
  emitter: Emitter,
  event: string,
  withinMs = 5000,
): Promise<Args> {
  const happened = deferred<Args>();
  const listener = (...args: unknown[]) => happened.resolve(args as Args);
  emitter.on(event, listener);
  try {
    return await within(happened.promise, withinMs, `event "${event}"`);
  } finally {
    emitter.off(event, listener);
  }
}

/**
 * Absence checked against a later positive marker instead of a sleep: resolves with the value of `until`
 * if `event` did not occur before it settled.
 * @throws as soon as the event occurs, with its arguments; or what `until` rejects with.
 */
export async function neverHappens<T>(emitter: Emitter, event: string, until: Promise<T>): Promise<T> {
  const happened = deferred<never>();
  const listener = (...args: unknown[]) =>
    happened.reject(new Error(`event "${event}" happened with ${inspect(args)}`));
  emitter.on(event, listener);
  try {
    return await Promise.race([happened.promise, until]);
  } finally {
    emitter.off(event, listener);
  }
}
