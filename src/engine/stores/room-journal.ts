import type { Connection } from "mongoose";
import { mergeCalls } from "./merged-calls.js";
import { upsert } from "./room-counter.js";
import { boundedCall } from "./store-calls.js";

const JOURNALED = { w: 1, j: true } as const;

/**
 * For a single server: it shows what it has not journaled yet, and a crash takes that back. Resolves once all that was read
 * before the call is journaled. The journal is one sequence for all collections, so one write of its own that is journaled
 * says so for everything before it. Calls that come meanwhile share the next write.
 */
export function createJournalBarrier(connection: Connection): () => Promise<void> {
  const marks = connection.collection<{ _id: string; count: number }>("roomJournal");
  const write = () =>
    marks.updateOne({ _id: "mark" }, { $inc: { count: 1 } }, { upsert: true, writeConcern: JOURNALED });
  const wait = mergeCalls<void, void>(
    async (calls) => {
      // Bounded here, too: in the queue, others wait for it.
      await boundedCall(upsert(write));
      return calls.map(() => undefined);
    },
    { limit: Number.POSITIVE_INFINITY, size: () => 1 },
  );
  return () => wait();
}
