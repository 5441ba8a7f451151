import type { Connection } from "mongoose";
import { createQuestionModel, type QuestionRecord } from "./models/question.js";
import { boundedCalls } from "./store-calls.js";

/** Questions between workers, and their answers, as JSON. Every method rejects, within a bounded time, when MongoDB is away. */
export interface QuestionStore {
  put(id: string, nodes: readonly string[], question: string): Promise<void>;
  /** Those that this worker has to answer. */
  openFor(node: string): Promise<readonly { readonly id: string; readonly question: string }[]>;
  answer(id: string, node: string, answer: string): Promise<void>;
  /** All that came; undefined when the question is gone. */
  answers(id: string): Promise<QuestionRecord["answers"] | undefined>;
  remove(id: string): Promise<void>;
}

/** w:1 is enough: what a fail-over takes back is not answered in time, and asked again by whoever wanted it. */
const SEEN = { writeConcern: { w: 1 } } as const;

export function createQuestionStore(connection: Connection): QuestionStore {
  const model = createQuestionModel(connection);
  const questions = connection.collection<QuestionRecord>(model.collection.name);

  const operations: QuestionStore = {
    async put(id, nodes, question) {
      await questions.insertOne(
        { _id: id, nodes: [...nodes], question, answers: [], at: new Date() },
        { ...SEEN },
      );
    },
    async openFor(node) {
      const found = await questions.find({ nodes: node }, { projection: { question: 1 } }).toArray();
      return found.map(({ _id, question }) => ({ id: _id, question }));
    },
    async answer(id, node, answer) {
      const update = { $pull: { nodes: node }, $push: { answers: { node, answer } } };
      await questions.updateOne({ _id: id, nodes: node }, update, SEEN);
    },
    async answers(id) {
      return (await questions.findOne({ _id: id }, { projection: { answers: 1 } }))?.answers;
    },
    async remove(id) {
      await questions.deleteOne({ _id: id }, SEEN);
    },
  };
  return boundedCalls(operations);
}
