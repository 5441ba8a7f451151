import { type Connection, type Model, Schema } from "mongoose";

/** A room's record: the counter that hands out numbers, and what retention has removed. */
export interface RoomRecord {
  /** The room's name. */
  readonly _id: string;
  /** Highest number handed out. */
  readonly seq: number;
  /** Highest number that retention has removed. */
  readonly floor: number;
  /** Random name of this log; another one means that positions of clients are void. */
  readonly epoch: string;
  /** When the newest number was handed out, by MongoDB's clock. */
  readonly at?: Date;
  /** The newest number that each of the last workers got here in a command for many rooms; newest grant first. */
  readonly grants?: readonly Grant[];
}

/** Numbers handed out by one command for many rooms, which looks here for what it got. */
export interface Grant {
  /** Random name of the worker's store. */
  readonly by: string;
  /** Which of its commands. */
  readonly nth: number;
  /** Highest number of the grant. */
  readonly seq: number;
  readonly at?: Date;
}

const schema = new Schema<RoomRecord>(
  {
    _id: { type: String, required: true },
    seq: { type: Number, required: true },
    floor: { type: Number, required: true },
    epoch: { type: String, required: true },
    at: Date,
    grants: { type: [{ _id: false, by: String, nth: Number, seq: Number, at: Date }], default: undefined },
  },
  { collection: "rooms", versionKey: false },
);

/** The rooms' collection on the given connection. Its compulsory index on `_id` is the only one. */
export function createRoomModel(connection: Connection): Model<RoomRecord> {
  return connection.model<RoomRecord>("Room", schema);
}
