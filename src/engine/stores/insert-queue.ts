import { mergeCalls } from "./merged-calls.js";

/** Most documents of one command; what is more waits for the next. */
const COMMAND_DOCUMENTS = 2000;

/** What came of an insert: all is stored, or nothing is known but that a key was taken. */
export type InsertOutcome = "stored" | "conflict";

/**
 * Merges the inserts of all rooms, and so their waits for the journal. Each insert stays in its order; a taken key
 * anywhere in a command is a `conflict` for all in it, who then look what is stored.
 */
export function createInsertQueue<Document>(
  write: (documents: readonly Document[]) => Promise<InsertOutcome>,
): (documents: readonly Document[]) => Promise<InsertOutcome> {
  return mergeCalls(
    async (inserts: readonly (readonly Document[])[]) => {
      const outcome = await write(inserts.flat());
      return inserts.map(() => outcome);
    },
    { limit: COMMAND_DOCUMENTS, size: (documents) => documents.length },
  );
}
