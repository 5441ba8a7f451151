import type { Turns } from "../../process/turns.js";
import type { Connection } from "./connection.js";

/** What a client that asks for little sends within a turn; see {@link Reading.took}. */
const MODEST_WEIGHT = 64;
/** A packet weighs 1, and 1 more for each of so many characters. */
const CHARACTERS_PER_WEIGHT = 1024;

/**
 * Shares the turns of the event loop among connections that send. Within a turn every connection is read from until the turn's time is
 * used up; a connection that sends after that is held for the rest of the turn. Of the held connections that had sent much, one is
 * released per turn: one request of a client that polls brings thousands of packets. A WebSocket brings one frame per turn.
 */
export interface Reading {
  /** A packet of this many characters has come. */
  took(connection: Connection, characters: number): void;
  /** Ends a hold of somebody else's, when it is the connection's turn. */
  release(connection: Connection): void;
}

export function createReading(turns: Turns): Reading {
  /** Those who are held until the next turn. */
  let late: Connection[] = [];
  const greedy: Connection[] = [];

  function next(): void {
    const all = late;
    late = [];
    greedy.shift()?.release();
    for (const connection of all) release(connection);
    if (greedy.length > 0) turns.onNext(next);
  }

  function release(connection: Connection): void {
    if (connection.share.weight <= MODEST_WEIGHT) {
      connection.release();
      return;
    }
    greedy.push(connection);
    turns.onNext(next);
  }

  return {
    took(connection, characters) {
      const { share } = connection;
      const turn = turns.number();
      if (share.turn !== turn) {
        share.turn = turn;
        share.weight = 0;
        share.isLate = false;
      }
      share.weight += 1 + characters / CHARACTERS_PER_WEIGHT;
      if (share.isLate || !turns.isOver()) return;
      share.isLate = true;
      connection.hold();
      late.push(connection);
      turns.onNext(next);
    },
    release,
  };
}
