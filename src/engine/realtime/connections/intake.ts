import type { Turns } from "../../process/turns.js";
import type { Connection, Job } from "./connection.js";
import type { Reading } from "./reading.js";

/** Events of one connection that may wait; who sends more at once is cut off. Only a client that polls can, in one request. */
export const MAX_WAITING = 4096;
/** Events that wait before the client is not read from any more. */
const HOLD_AT = 8;

/** Queues the events of all connections, and keeps each connection's order. */
export interface Intake {
  /** Does the job at once if it may, later otherwise. */
  take(connection: Connection, job: Job): void;
}

/**
 * Runs at most `openEvents` events of a connection at a time, and shares each turn of the event loop among connections. When the turn's
 * time is used up, further events wait for the next turn, which serves the waiting connections round robin, one event each. A connection
 * with waiting events is not read from. An event ends after the turn's synchronous work, so one connection gets at most `openEvents` per turn.
 */
export function createIntake(turns: Turns, reading: Reading, openEvents: number): Intake {
  /** Those of whom an event could begin, in the order in which they come. */
  const ready = new Set<Connection>();
  const held = new WeakSet<Connection>();

  function begin(connection: Connection, job: Job): void {
    connection.running += 1;
    void job().then(() => ended(connection));
  }

  function ended(connection: Connection): void {
    connection.running -= 1;
    if (connection.jobs.length > 0) queue(connection);
  }

  function queue(connection: Connection): void {
    if (connection.running >= openEvents) return; // comes back when one of them ends
    ready.add(connection);
    turns.onNext(work);
  }

  function work(): void {
    // Who is put back comes up again in the same loop, behind the others.
    for (const connection of ready) {
      if (turns.isOver()) break;
      ready.delete(connection);
      const job = connection.jobs.shift();
      if (job !== undefined) begin(connection, job);
      if (connection.jobs.length > 0) queue(connection);
      else if (held.delete(connection)) reading.release(connection);
    }
    if (ready.size > 0) turns.onNext(work);
  }

  return {
    take(connection, job) {
      const { jobs, running } = connection;
      if (jobs.length === 0 && running < openEvents && !turns.isOver()) {
        begin(connection, job);
        return;
      }
      if (jobs.length >= MAX_WAITING) {
        connection.cut();
        return;
      }
      jobs.push(job);
      if (jobs.length === HOLD_AT && !held.has(connection)) {
        held.add(connection);
        connection.hold();
      }
      queue(connection);
    },
  };
}
