import type { VirtualTime } from "./virtual-time.js";

/** Wall clock at the start, in milliseconds since 1970. */
export const START_MS = 1_800_000_000_000;

/** As `setTimeout` and `setInterval` give it. */
class VirtualTimer {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

interface Due {
  readonly call: () => void;
  /** Of an interval, in milliseconds. */
  readonly everyMs: number | undefined;
}

/**
 * Makes this time that of the process: clocks, timers and chance are asked of it from now on, so that the service's code and that of
 * its clients run in it unchanged. The returned function gives all of them back.
 */
export function takeOver(time: VirtualTime, random: () => number): () => void {
  const timers = new Map<number, Due>();
  let last = 0;

  const due = time.kind((id) => {
    const timer = timers.get(id);
    if (timer === undefined) return; // cleared
    if (timer.everyMs === undefined) timers.delete(id);
    else due(timer.everyMs, id);
    timer.call();
    time.wake();
  });

  function set(call: () => void, delayMs: number, everyMs?: number): VirtualTimer {
    last += 1;
    timers.set(last, { call, everyMs });
    due(delayMs, last);
    return new VirtualTimer(last);
  }

  /** As Node's: 1 ms at least. */
  const delayOf = (ms: unknown): number => Math.max(1, Number(ms) || 1);
  type Callback = (...args: unknown[]) => void;
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timers.delete(timer.id);
  };
  const restores = [
    replace(globalThis, "setTimeout", (call: Callback, ms?: unknown, ...args: unknown[]) =>
      set(() => call(...args), delayOf(ms)),
    ),
    replace(globalThis, "setInterval", (call: Callback, ms?: unknown, ...args: unknown[]) =>
      set(() => call(...args), delayOf(ms), delayOf(ms)),
    ),
    replace(globalThis, "clearTimeout", clear),
    replace(globalThis, "clearInterval", clear),
    replace(globalThis, "performance", { now: () => time.nowMs }),
    replace(Date, "now", () => START_MS + time.nowMs),
    replace(Math, "random", random),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => void (before && Object.defineProperty(owner, name, before));
}
