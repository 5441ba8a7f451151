import type { KeptMessage, OutboxStore } from "../../../../client/stores/store.js";
import { deferred } from "../../../support/wait.js";

/** A store of the test's, as an application may write one. It outlives its clients, and fails when it is told to. */
export function createBookshelf() {
  const owners = new Map<string, Map<string, KeptMessage>>();
  let failure: Error | undefined;
  let opening: Promise<void> = Promise.resolve();
  let writes = 0;
  let left: KeptMessage[] = [];

  const store: OutboxStore = {
    isLasting: true,
    async open(owner) {
      await opening;
      if (failure !== undefined) throw failure;
      const rows = owners.get(owner) ?? new Map<string, KeptMessage>();
      owners.set(owner, rows);
      return {
        left: [...rows.values()].sort((one, other) => one.order - other.order),
        async write(messages, removed) {
          writes += 1;
          await undefined;
          if (failure !== undefined) throw failure;
          for (const message of messages) rows.set(message.id, message);
          for (const id of removed) rows.delete(id);
        },
        async takeOver() {
          for (const message of left) rows.set(message.id, message);
          return left.splice(0);
        },
        close: async () => {},
      };
    },
  };

  return {
    store,
    get writes() {
      return writes;
    },
    /** Bodies of what is kept for somebody, in their order. */
    bodies: (owner = "ann") =>
      [...(owners.get(owner)?.values() ?? [])]
        .sort((one, other) => one.order - other.order)
        .map(({ body }) => body),
    kept: (owner = "ann") => [...(owners.get(owner)?.values() ?? [])],
    put(message: KeptMessage, owner = "ann"): void {
      owners.set(owner, (owners.get(owner) ?? new Map()).set(message.id, message));
    },
    /** Another client has gone, and has left these. */
    leave(...messages: KeptMessage[]): void {
      left = messages;
    },
    fail(error?: Error): void {
      failure = error;
    },
    /** Opening takes until the returned function is called. */
    holdOpening(): () => void {
      const end = deferred();
      opening = end.promise;
      return () => end.resolve();
    },
  };
}
export type Bookshelf = ReturnType<typeof createBookshelf>;
