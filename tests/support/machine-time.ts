import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
// Jest's fake timers leave these alone: a bound holds also where a test has its own clock.
import { clearInterval, setInterval } from "node:timers";

const TICK_MS = 50;
const CORES = availableParallelism();

/** Hears of each tick how much of it counts, in milliseconds. */
type Listener = (ms: number) => void;

const listeners = new Set<Listener>();
let ticker: NodeJS.Timeout | undefined;

/** First line of /proc/stat when the last tick came. */
let lastUsage = "";

/**
 * The part of a second that a task gets at this moment, from 0 to 1: the cores, shared by all that want one, less what the host of a
 * virtual machine gives to others (Linux; 1 elsewhere). The fourth field of /proc/loadavg, `running/all`, counts whoever runs or
 * waits for a core.
 */
function share(): number {
  try {
    const running = Number.parseInt(readFileSync("/proc/loadavg", "latin1").split(" ")[3] ?? "", 10);
    const usage = readFileSync("/proc/stat", "latin1").split("\n", 1)[0] ?? "";
    const kept = keptOf(lastUsage, usage);
    lastUsage = usage;
    return kept * (running > CORES ? CORES / running : 1);
  } catch {
    return 1;
  }
}

/**
 * How much of the time that was wanted between two first lines of /proc/stat this machine got, from 0 to 1; 1 where none was. The fields
 * after `cpu` are ticks: user, nice, system, idle, iowait, irq, softirq, steal (man 5 proc_stat).
 */
export function keptOf(before: string, after: string): number {
  const [start, end] = [before, after].map((line) => line.split(/ +/).slice(1).map(Number));
  const passed = (field: number) => Math.max(0, (end?.[field] ?? 0) - (start?.[field] ?? 0));
  const used = passed(0) + passed(1) + passed(2) + passed(5) + passed(6);
  const stolen = before === "" ? 0 : passed(7);
  return stolen === 0 ? 1 : used / (used + stolen);
}

/** A tick that comes late counts as one: what held up this process held up the others. */
function tick(): void {
  const ms = TICK_MS * share();
  for (const listener of [...listeners]) listener(ms);
}

function listen(listener: Listener): () => void {
  listeners.add(listener);
  ticker ??= setInterval(tick, TICK_MS).unref();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
}

/**
 * Calls `expire` once when `ms` of the machine's time have passed, never earlier by the clock; what it returns takes it back.
 * A busy machine has less time: where ten tasks share two cores, each second by the clock counts as 0.2 s. So a bound says
 * how long something may take on an idle machine, and holds on a busy one.
 */
export function afterMachineTime(ms: number, expire: () => void): () => void {
  let leftMs = ms + TICK_MS; // the first tick may come at once
  const forget = listen((tickMs) => {
    leftMs -= tickMs;
    if (leftMs > 0) return;
    forget();
    expire();
  });
  return forget;
}

/** Starts to count the machine's time, as {@link afterMachineTime}, to within 50 ms. The result ends it: ms so far. */
export function startStopwatch(): () => number {
  let passedMs = 0;
  const forget = listen((tickMs) => {
    passedMs += tickMs;
  });
  return () => {
    forget();
    return passedMs;
  };
}
