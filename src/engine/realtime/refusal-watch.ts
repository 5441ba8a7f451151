import type { Connection } from "./connections/connection.js";

/** Refusals for their rate within {@link WITHIN_MS}, in milliseconds, after which a connection is closed. */
const MOST_REFUSALS = 20;
const WITHIN_MS = 5000;

/** Watches over connections that go on asking although they are told to wait. */
export interface RefusalWatch {
  /** A refusal of this connection. */
  refused(connection: Connection): void;
  /** Whether it has had too many, and nothing of it is looked at any more. */
  isGivenUp(connection: Connection): boolean;
}

/** Calls `giveUp` once with a connection that is refused twenty times within five seconds. `now` is in milliseconds. */
export function createRefusalWatch(
  giveUp: (connection: Connection) => void,
  now: () => number,
): RefusalWatch {
  /** The times of the newest refusals, of those connections that have any. */
  const times = new WeakMap<Connection, number[]>();
  const givenUp = new WeakSet<Connection>();

  return {
    refused(connection) {
      const own = times.get(connection) ?? [];
      if (own.length === 0) times.set(connection, own);
      own.push(now());
      if (own.length < MOST_REFUSALS || givenUp.has(connection)) return;
      const [oldestMs = 0] = own;
      own.shift();
      if (now() - oldestMs > WITHIN_MS) return;
      givenUp.add(connection);
      giveUp(connection);
    },
    isGivenUp: (connection) => givenUp.has(connection),
  };
}
