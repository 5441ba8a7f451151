import { type Connection, type Model, Schema } from "mongoose";
import { AppError } from "../../contract/errors.js";
import type { Engine } from "../../contract/feature.js";

/** Up to where somebody has read a room. */
export interface ReadCursorRecord {
  /** `user/room`; "/" is in neither. The cursors of a user stand together, in the order of the names of rooms. */
  readonly _id: string;
  /** Highest number that was read; 0: nothing. */
  readonly read: number;
  /** The log that it belongs to. */
  readonly epoch: string;
}

const schema = new Schema<ReadCursorRecord>(
  {
    _id: { type: String, required: true },
    read: { type: Number, required: true },
    epoch: { type: String, required: true },
  },
  { collection: "readCursors", versionKey: false },
);

/** The collection on the given connection. */
export function readCursorModel(connection: Connection): Model<ReadCursorRecord> {
  return connection.model<ReadCursorRecord>("ReadCursor", schema);
}

/** A user's cursor in one room. */
export interface ReadCursor extends Omit<ReadCursorRecord, "_id"> {
  readonly room: string;
}

/** Where read cursors are kept. Its methods reject with `temporary` while MongoDB is away. */
export interface ReadCursors {
  /**
   * Moves the cursor on, or leaves it where it is further on already. One of another log begins anew. Gives what it was, undefined for
   * none. What MongoDB has acknowledged by its own default is kept: a crash may set a cursor back, never on.
   */
  move(user: string, cursor: ReadCursor): Promise<ReadCursor | undefined>;
  /** At most `limit` cursors of the user, of rooms above `after`, in the order of their names. */
  list(user: string, after: string, limit: number): Promise<ReadCursor[]>;
  find(user: string, room: string): Promise<ReadCursor | undefined>;
  /** How many the user has; counts to `atMost`. */
  count(user: string, atMost: number): Promise<number>;
  remove(user: string, room: string): Promise<void>;
}

/** By the driver: a document and its validation would be most of what a move costs. */
export function createReadCursors(model: Model<ReadCursorRecord>, database: Engine["database"]): ReadCursors {
  const cursors = model.db.collection<ReadCursorRecord>(model.collection.name);
  const idOf = (user: string, room: string): string => `${user}/${room}`;
  const cursorOf = ({ _id, ...cursor }: ReadCursorRecord): ReadCursor => ({
    room: _id.slice(_id.indexOf("/") + 1),
    ...cursor,
  });
  /** "0" is what follows "/". */
  const ofUser = (user: string, after = "") => ({ _id: { $gt: idOf(user, after), $lt: `${user}0` } });

  function move(user: string, { room, read, epoch }: ReadCursor): Promise<ReadCursor | undefined> {
    const isSame = { $eq: ["$epoch", epoch] };
    const next = { read: { $cond: [isSame, { $max: ["$read", read] }, read] }, epoch };
    return database(async () => {
      const before = await cursors.findOneAndUpdate({ _id: idOf(user, room) }, [{ $set: next }], {
        upsert: true,
        returnDocument: "before",
      });
      return before === null ? undefined : cursorOf(before);
    });
  }

  return {
    async move(user, cursor) {
      try {
        return await move(user, cursor);
      } catch (error) {
        // Two that make it at once: one of them finds it made.
        if (error instanceof AppError && error.code === "conflict") return await move(user, cursor);
        throw error;
      }
    },
    list: (user, after, limit) =>
      database(async () => {
        const found = await cursors.find(ofUser(user, after)).sort({ _id: 1 }).limit(limit).toArray();
        return found.map(cursorOf);
      }),
    find: (user, room) =>
      database(async () => {
        const found = await cursors.findOne({ _id: idOf(user, room) });
        return found === null ? undefined : cursorOf(found);
      }),
    count: (user, atMost) => database(() => cursors.countDocuments(ofUser(user), { limit: atMost })),
    remove: (user, room) => database(async () => void (await cursors.deleteOne({ _id: idOf(user, room) }))),
  };
}
