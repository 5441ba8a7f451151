import { AppError } from "../../contract/errors.js";
import type { Engine } from "../../contract/feature.js";
import type { WireMessage } from "../../contract/types.js";
import type { Component } from "../../engine/process/lifecycle.js";
import { createPacedMoves } from "./paced-moves.js";
import type { ReadCursor, ReadCursors } from "./reads.model.js";

/** Rooms in which one user may have a cursor. */
export const MOST_CURSORS = 1000;
/** Unread messages are counted up to this number, which stands for more than 99. */
export const MOST_UNREAD = 100;
/** Least time between two writes of one cursor by one worker, in milliseconds. */
const WRITE_EVERY_MS = 1000;

/** A room in which somebody has a cursor. */
export interface ReadRoom {
  readonly room: string;
  readonly epoch: string;
  /** Highest number that was given to a message. */
  readonly head: number;
  /** Highest number that the user has read. */
  readonly read: number;
  /** Messages above `read`, counted up to {@link MOST_UNREAD}. */
  readonly unread: number;
  readonly last: WireMessage | undefined;
}

/** What was asked for. */
export interface ReadRequest {
  readonly room: string;
  readonly upTo: number;
  /** The log that `upTo` belongs to; of another one nothing is moved. */
  readonly epoch?: string | undefined;
}

/** Up to where users have read, whatever the way in. */
export interface Reads extends Component {
  /**
   * Moves the user's cursor, never back and never beyond the head, and gives where it is. At most one write a second: what comes meanwhile waits for
   * the next one. When something else takes its place there, it is given where the cursor is until then, which may be less than it asked for.
   * @throws {AppError} `not_found` for a room that was never used, `too_many_rooms`.
   */
  move(user: string, request: ReadRequest): Promise<ReadCursor>;
  /** The room is not among the user's any more. */
  forget(user: string, room: string): Promise<void>;
  /** At most `limit` of the user's rooms above `after`, in the order of their names, and whether there are more. */
  list(user: string, after: string, limit: number): Promise<{ cursors: ReadCursor[]; more: boolean }>;
  /** What there is in these rooms for whoever has read so far. Rooms that are gone are left out. */
  look(cursors: readonly ReadCursor[]): Promise<ReadRoom[]>;
}

/** Where a room's log stands. */
interface LogState {
  readonly epoch: string;
  /** Highest number that was handed out. */
  readonly seq: number;
}

export interface ReadsParts {
  readonly cursors: ReadCursors;
  readonly rooms: Pick<Engine["rooms"], "state" | "states" | "since">;
  /** A cursor has moved. */
  onMoved(user: string, cursor: ReadCursor): void;
}

export function createReads({ cursors, rooms, onMoved }: ReadsParts): Reads {
  const paced = createPacedMoves(WRITE_EVERY_MS, async (user, cursor) => {
    const before = await cursors.move(user, cursor);
    if (before?.epoch === cursor.epoch && before.read >= cursor.read) return before; // another device was faster
    onMoved(user, cursor);
    return cursor;
  });

  async function stateOf(room: string): Promise<LogState> {
    const state = await rooms.state(room);
    if (state === undefined) throw new AppError("not_found", "This room was never used");
    return state;
  }

  /** A few more may slip in at once. */
  async function mustHavePlace(user: string): Promise<void> {
    if ((await cursors.count(user, MOST_CURSORS)) < MOST_CURSORS) return;
    throw new AppError("too_many_rooms", `A user has cursors in at most ${MOST_CURSORS} rooms`);
  }

  return {
    name: "read cursors",
    async start() {},
    async stop() {
      paced.stop();
    },
    async move(user, { room, upTo, epoch }) {
      const state = await stateOf(room);
      const known = await cursors.find(user, room);
      if (known === undefined) await mustHavePlace(user);
      const isOfLog = epoch === undefined || epoch === state.epoch;
      const cursor = { room, epoch: state.epoch, read: isOfLog ? Math.min(upTo, state.seq) : 0 };
      if (known?.epoch === cursor.epoch && known.read >= cursor.read) return ofLog(known, state);
      return paced.move(user, cursor);
    },
    async forget(user, room) {
      await paced.forget(user, room);
      await cursors.remove(user, room);
    },
    async list(user, after, limit) {
      const found = await cursors.list(user, after, limit + 1);
      return { cursors: found.slice(0, limit), more: found.length > limit };
    },
    async look(found) {
      const states = await rooms.states(found.map(({ room }) => room));
      const looks = found.map(async (cursor) => {
        const state = states.get(cursor.room);
        if (state === undefined) return [];
        const { read } = ofLog(cursor, state);
        const from = Math.max(read, state.floor);
        const { count, last } = await rooms.since(cursor.room, from, from < state.seq ? MOST_UNREAD : 0);
        // What is being removed may be there still.
        const shown = last !== undefined && last.seq > state.floor ? last : undefined;
        return [{ room: cursor.room, epoch: state.epoch, head: state.seq, read, unread: count, last: shown }];
      });
      return (await Promise.all(looks)).flat();
    },
  };
}

/** A number of another log means nothing in this one; and a fail-over may have set the counter back. */
function ofLog(cursor: ReadCursor, { epoch, seq }: LogState): ReadCursor {
  const read = cursor.epoch === epoch ? Math.min(cursor.read, seq) : 0;
  return { room: cursor.room, epoch, read };
}
