import type { HydratedDocument, Model } from "mongoose";
import type { Engine } from "../../src/contract/feature.js";
import type { NoteRecord } from "./notes.model.js";

/** One note, as clients get it. */
export interface NoteView {
  readonly id: string;
  readonly from: string;
  readonly text: string;
  readonly at: string;
}

/** What can be done with `notes`, whatever the way in. */
export interface NoteService {
  /** The newest, newest first. */
  list(limit: number): Promise<NoteView[]>;
  /** @throws {AppError} `conflict` when this text is there already. */
  add(from: string, text: string): Promise<NoteView>;
}

/** `database` bounds each operation, and tells an outage and a duplicate from what is wrong on our side. */
export function createNoteService(model: Model<NoteRecord>, database: Engine["database"]): NoteService {
  return {
    async list(limit) {
      const found = await database(() => model.find().sort({ at: -1 }).limit(limit).exec());
      return found.map(viewOf);
    },
    async add(from, text) {
      return viewOf(await database(() => model.create({ from, text, at: new Date() })));
    },
  };
}

function viewOf({ id, from, text, at }: HydratedDocument<NoteRecord>): NoteView {
  return { id, from, text, at: at.toISOString() };
}
