import { memoryStore } from "../stores/memory.js";
import type { KeptMessage, OutboxStore, Shelf } from "../stores/store.js";
import { createSignal } from "./signal.js";

/** `opening`: not known yet. `kept`: it outlives the program. `memory`: it does not, from the start or because the store has failed. */
export type StorageState = "opening" | "kept" | "memory";

/** A store that says nothing for so long is done without. */
const OPEN_WITHIN_MS = 15_000;

/** Errors of another realm are none of this one's class. */
const isError = (reason: unknown): reason is Error =>
  typeof (reason as Partial<Error> | null | undefined)?.message === "string";

/** The value, unless it takes too long: `late` gets it then. */
function inTime<Value>(promise: Promise<Value>, late: (value: Value) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      reject(new Error("The store did not open in time"));
    };
    const timer = setTimeout(giveUp, OPEN_WITHIN_MS);
    void promise
      .then((value) => (isLate ? late(value) : resolve(value)), reject)
      .finally(() => clearTimeout(timer));
  });
}

/**
 * Brings a store to what the outbox has. Nothing waits for it: what changes while a write is under way is the next one, and what could not be
 * written goes with the next change.
 */
export function createWriter(store: OutboxStore) {
  const unwritten = new Map<string, KeptMessage>();
  const removed = new Set<string>();
  const inStore = new Set<string>(); // as far as is known
  const changes = createSignal<[StorageState, Error | undefined]>();
  let shelf: Shelf | undefined;
  let isStandIn = false;
  let state: StorageState = "opening";
  let problem: Error | undefined;
  let writing: Promise<void> | undefined;

  function tell(next: StorageState, reason?: unknown): void {
    const isNews = next !== state;
    state = next;
    const isKnown = reason === undefined || isError(reason);
    problem = isKnown ? reason : new Error("The store has failed", { cause: reason });
    if (isNews) changes.tell(state, problem);
  }

  /** Where the store does not open, the memory takes its place. `take` gets what was left there, before the state is told. */
  async function open(owner: string, take: (left: readonly KeptMessage[]) => void): Promise<void> {
    let reason: unknown;
    let opened: Shelf;
    try {
      const opening = Promise.resolve(owner).then((name) => store.open(name));
      opened = await inTime(opening, (late) => void late.close().catch(() => {}));
    } catch (error) {
      reason = error ?? new Error("The store did not open");
      isStandIn = true;
      opened = await memoryStore().open(owner);
    }
    shelf = opened;
    take(noted(opened.left));
    tell(store.isLasting && !isStandIn ? "kept" : "memory", reason);
  }

  function noted(left: readonly KeptMessage[]): readonly KeptMessage[] {
    for (const { id } of left) inStore.add(id);
    return left;
  }

  /** Rejects with what the store refuses. */
  async function writeAll(to: Shelf): Promise<void> {
    while (unwritten.size + removed.size > 0) {
      const messages = [...unwritten.values()];
      const gone = [...removed];
      unwritten.clear();
      removed.clear();
      for (const { id } of messages) inStore.add(id);
      try {
        await to.write(messages, gone);
      } catch (error) {
        const isCurrent = (id: string) => !unwritten.has(id) && !removed.has(id);
        for (const one of messages) if (isCurrent(one.id)) unwritten.set(one.id, one);
        for (const id of gone) if (isCurrent(id)) removed.add(id);
        throw error;
      }
      for (const id of gone) if (!unwritten.has(id)) inStore.delete(id);
    }
    if (!isStandIn) tell(store.isLasting ? "kept" : "memory");
  }

  function run(): void {
    if (writing !== undefined || shelf === undefined || unwritten.size + removed.size === 0) return;
    const to = shelf;
    // A turn later: all that changes in one turn is one write.
    writing = Promise.resolve()
      .then(() => writeAll(to))
      .catch((error) => tell("memory", error))
      .finally(() => {
        writing = undefined;
      });
  }

  /** Resolves when all is written, or the store has refused it. */
  async function written(): Promise<void> {
    run();
    await writing;
  }

  return {
    open,
    keep(message: KeptMessage): void {
      removed.delete(message.id);
      unwritten.set(message.id, message);
      run();
    },
    remove(id: string): void {
      unwritten.delete(id);
      if (inStore.has(id)) removed.add(id);
      run();
    },
    /** Tries once more what could not be written, and takes what clients have left that went since. */
    async takeOver(): Promise<readonly KeptMessage[]> {
      run();
      return noted((await shelf?.takeOver().catch(() => [])) ?? []);
    },
    state: () => state,
    problem: () => problem,
    onState: changes.listen,
    written,
    async close(): Promise<void> {
      await written();
      await shelf?.close().catch(() => {});
    },
  };
}
export type Writer = ReturnType<typeof createWriter>;
