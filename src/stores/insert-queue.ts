/** Most documents of one command; what is more waits for the next. */
const COMMAND_DOCUMENTS = 2000;

/** What came of an insert: all is stored, or nothing is known but that a key was taken. */
export type InsertOutcome = "stored" | "conflict";

interface Waiting<Document> {
  readonly documents: readonly Document[];
  resolve(outcome: InsertOutcome): void;
  reject(error: unknown): void;
}

/**
 * Merges the inserts of all rooms: while one command is on its way, those that come make up the next, as with the messages of
 * one room. Many rooms with few writers each would otherwise cost a command and a wait for the journal per room. Each
 * insert stays in its order; a taken key anywhere in a command is a `conflict` for all in it, who then look what is stored.
 */
export function createInsertQueue<Document>(
  write: (documents: readonly Document[]) => Promise<InsertOutcome>,
): (documents: readonly Document[]) => Promise<InsertOutcome> {
  const waiting: Waiting<Document>[] = [];
  let isWriting = false;

  function takeGroup(): Waiting<Document>[] {
    let count = 0;
    const end = waiting.findIndex(({ documents }, index) => {
      count += documents.length;
      return index > 0 && count > COMMAND_DOCUMENTS;
    });
    return waiting.splice(0, end === -1 ? waiting.length : end);
  }

  async function run(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        const outcome = await write(group.flatMap(({ documents }) => documents));
        for (const one of group) one.resolve(outcome);
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
    isWriting = false;
  }

  return (documents) =>
    new Promise((resolve, reject) => {
      waiting.push({ documents, resolve, reject });
      if (!isWriting) void run();
    });
}
