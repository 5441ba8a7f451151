import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "../../contract/errors.js";
import type { LiveBatch, RoomEntry } from "../../contract/types.js";
import type { LogName } from "./room-store.js";

// What the rooms are given besides the log, which is room-store.ts, and the error that they throw.

/** The doorbell: tells other workers what was stored. May lose, repeat, reorder and delay; never has to be retried. */
export interface RoomBus {
  /** Hands committed entries to the other workers, and what carries their trace, if they have one. Never throws and never waits. */
  publish(log: LogName, entries: readonly RoomEntry[], carrier?: string): void;
  /** Entries that other workers have stored, and what came along to carry their trace. The returned function ends it. */
  onMessages(handler: (log: LogName, entries: readonly RoomEntry[], carrier?: unknown) => void): () => void;
  /** Called whenever this worker hears others again after a time in which it may have missed something. */
  onReady(handler: () => void): () => void;
  /** False while messages of others are known not to arrive. */
  isUp(): boolean;
}

/** Receives the events for all local members of the room, strictly in order. */
export type Deliver = (batch: LiveBatch) => void;

/** Told about failures that were dealt with, for the log. */
export type Report = (what: string, error: unknown) => void;

/** Told about what an operator wants to see in figures. */
export interface RoomObserver {
  /** The messages of one publish were committed and journaled, this long after they came. */
  published(durationMs: number): void;
  /** The bus left a gap in a room, which was read from the log. */
  repaired(): void;
  /** Entries of another log than the room's came from a worker, or before the room's new log was known. They were dropped. */
  refused(): void;
}

/** Told where the work on a message is, for traces. Each calls its task once, at once, and gives what it gives. */
export interface RoomSpans {
  /** Messages with these keys (see `messageKey`) come, as part of whatever trace is active, and wait for their commit. */
  publish<T>(keys: readonly string[], task: () => Promise<T>): Promise<T>;
  /** Messages with these keys are stored. */
  commit(room: string, keys: readonly string[], task: () => Promise<void>): Promise<void>;
  /** Entries are stored, and nobody has been told yet. */
  stored(log: LogName, entries: readonly RoomEntry[]): void;
}

/** Time and chance, injected so that a simulation can own them. */
export interface Clock {
  /** Monotonic time in ms, for waits and deadlines. */
  now(): number;
  /** Wall clock in ms since the epoch. It may be wrong: shown to people, and asked where another clock may be wrong as well. */
  date(): number;
  /** 0 waits for the next turn of the event loop only. */
  sleep(ms: number): Promise<void>;
  /** Runs the task once after `ms`; the returned function cancels it. */
  later(ms: number, task: () => void): () => void;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
}

export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    date: () => Date.now(),
    sleep: (ms) => (ms <= 0 ? nextTurn() : delay(ms)),
    later(ms, task) {
      const timer = setTimeout(task, Math.max(0, ms)); // Node 24 warns of a negative delay
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}

const REASONS = {
  overloaded: "Too much is waiting here already; try again shortly",
  timeout:
    "The message could not be stored in time; it may or may not be stored, so send it again with the same id",
  replaced:
    "The room's log was replaced meanwhile; the message may or may not be in the new one, so send it again with the same id",
  unreadable: "This part of the room cannot be read right now; try again shortly",
  stopping: "This process is shutting down; connect again",
} as const;

/** Why a room could not serve right now. */
export type UnavailableReason = keyof typeof REASONS;

/** Clients get it as `temporary`: the same request, with the same ids, may be sent again. `reason` is for metrics. */
export class RoomUnavailable extends AppError {
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason) {
    super("temporary", REASONS[reason]);
    this.reason = reason;
  }
}
