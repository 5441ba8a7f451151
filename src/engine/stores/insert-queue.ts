import { mergeCalls } from "./merged-calls.js";

/** Most documents of one command; what is more waits for the next. */
const COMMAND_DOCUMENTS = 2000;

/** What came of an insert: all is stored, or nothing is known but that a key was taken. */
export type InsertOutcome = "stored" | "conflict";

/**
 * Merges the inserts of all rooms, and so their waits for the journal. Each insert stays in its order. A taken key ends a
 * command there, so that what became of its inserts is unknown: each is written again alone. Otherwise a client that goes on
 * sending ids that are taken would keep the messages of all rooms out of the log. One that was stored before conflicts with
 * itself, and its writer looks what is stored.
 */
export function createInsertQueue<Document>(
  write: (documents: readonly Document[]) => Promise<InsertOutcome>,
): (documents: readonly Document[]) => Promise<InsertOutcome> {
  return mergeCalls(
    async (inserts: readonly (readonly Document[])[]) => {
      const outcome = await write(inserts.flat());
      if (outcome === "conflict" && inserts.length > 1) return inserts.map((insert) => write(insert));
      return inserts.map(() => outcome);
    },
    { limit: COMMAND_DOCUMENTS, size: (documents) => documents.length },
  );
}
