import { AppError } from "../../contract/errors.js";
import type { Component } from "../../engine/process/lifecycle.js";
import type { Logger } from "../../engine/process/logger.js";
import type { ConnectionEvent, ConnectionEvents, EventFilter, StoredEvent } from "./connections.model.js";

const FLUSH_INTERVAL_MS = 500;
const BATCH_EVENTS = 1000;
/** Events kept in memory while the store is away; beyond it the oldest are given up. */
const QUEUE_EVENTS = 10_000;

/** Refused handshakes that are recorded within a second; whoever is refused all the time must not push out everything else. */
const REFUSALS_PER_SECOND = 20;

/** Who connected and disconnected, who was refused, revoked and removed, when and why, for the people who are asked about it afterwards. */
export interface ConnectionAudit extends Component {
  /** Takes an event; it is written within half a second, in batches, so a connection never waits for the store. */
  record(event: ConnectionEvent): void;
  /** The newest of such events, newest first. Rejects with `temporary` while the store is away. */
  recent(filter: EventFilter, limit: number): Promise<StoredEvent[]>;
}

/**
 * `unrecorded` hears of each refused handshake beyond those that are recorded. Best effort by design: what was not yet written when a process is killed is lost, and a write whose answer
 * was lost is repeated.
 */
export function createConnectionAudit(
  store: ConnectionEvents,
  log: Logger,
  unrecorded: () => void,
): ConnectionAudit {
  let queue: ConnectionEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let isStopping = false;
  let refusals = 0;
  let refusalsSinceMs = Number.NEGATIVE_INFINITY;

  /** Whether one more refusal is recorded. */
  function mayRefuse(): boolean {
    const nowMs = performance.now();
    if (nowMs - refusalsSinceMs >= 1000) {
      refusals = 0;
      refusalsSinceMs = nowMs;
    }
    refusals += 1;
    return refusals <= REFUSALS_PER_SECOND;
  }

  async function writeQueue(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH_EVENTS);
      try {
        await store.append(batch);
      } catch (error) {
        // A stop closes the store behind a write that takes too long, which is no failure of the store.
        if (isStopping || (error instanceof AppError && error.code === "temporary")) {
          queue = batch.concat(queue).slice(-QUEUE_EVENTS);
        } else {
          log.error({ err: error, events: batch.length }, "connection audit could not be written");
        }
        return;
      }
    }
  }

  function flush(): Promise<void> {
    writing ??= writeQueue().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  return {
    name: "connection audit",
    async start() {
      timer = setInterval(() => void flush(), FLUSH_INTERVAL_MS);
    },
    async stop() {
      isStopping = true;
      clearInterval(timer);
      await writing; // without what came since it began
      await flush();
      if (queue.length > 0) log.warn({ events: queue.length }, "connection audit lost its last events");
    },
    record(event) {
      if (event.type === "refuse" && !mayRefuse()) {
        unrecorded();
        return;
      }
      if (queue.length >= QUEUE_EVENTS) queue.shift();
      queue.push(event);
    },
    recent: (filter, limit) => store.newest(filter, limit),
  };
}
