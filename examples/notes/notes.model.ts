import { type Connection, type Model, Schema } from "mongoose";

/** One note, as it is stored. */
export interface NoteRecord {
  readonly from: string;
  readonly text: string;
  readonly at: Date;
}

const schema = new Schema<NoteRecord>(
  {
    from: { type: String, required: true },
    text: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: "notes", versionKey: false },
);

// Each text is there once: a second one is refused with `conflict`.
schema.index({ text: 1 }, { unique: true });
// They are listed newest first.
schema.index({ at: -1 });

/** The collection on the given connection. */
export function noteModel(connection: Connection): Model<NoteRecord> {
  return connection.model<NoteRecord>("Note", schema);
}
