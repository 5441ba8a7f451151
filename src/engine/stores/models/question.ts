import { type Connection, type Model, Schema } from "mongoose";

/** What a worker asks others that it does not reach by the bus. */
export interface QuestionRecord {
  /** Random. */
  readonly _id: string;
  /** Those that have not answered yet. */
  readonly nodes: readonly string[];
  /** As JSON. */
  readonly question: string;
  readonly answers: readonly { readonly node: string; readonly answer: string }[];
  readonly at: Date;
}

/** Who asks removes his question; one whose asker has ended is gone after this time, or a minute later. */
const KEPT_SECONDS = 60;

const schema = new Schema<QuestionRecord>(
  {
    _id: { type: String, required: true },
    nodes: { type: [String], required: true },
    question: { type: String, required: true },
    answers: { type: [{ _id: false, node: String, answer: String }], required: true },
    at: { type: Date, required: true },
  },
  { collection: "workerQuestions", versionKey: false },
);

schema.index({ nodes: 1 });
schema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });

/** The collection of questions on the given connection. */
export function createQuestionModel(connection: Connection): Model<QuestionRecord> {
  return connection.model<QuestionRecord>("Question", schema);
}
