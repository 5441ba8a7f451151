import type {
  Revocation,
  RevocationStore,
} from "../../../../src/engine/trust/revocation/revocation-store.js";
import { type Deferred, deferred } from "../../../support/wait.js";

/** The records that all stores of one database share. */
export interface RevocationDatabase {
  epoch: string;
  top: number;
  readonly records: Map<string, Revocation & { readonly number: number }>;
  nowMs(): number;
}

export function emptyDatabase(nowMs: () => number): RevocationDatabase {
  return { epoch: "first", top: 0, records: new Map(), nowMs };
}

/** One process's way to the database. */
export interface MemoryRevocations extends RevocationStore {
  /** "away" makes every call fail, "hangs" makes it wait for ever. */
  link: "up" | "away" | "hangs";
  /** What the reads asked for, in order. */
  readonly reads: number[];
  /** Holds back the next write until the result is resolved. */
  holdWrite(): Deferred<void>;
}

export function createMemoryRevocations(database: RevocationDatabase): MemoryRevocations {
  const { records } = database;
  let held: Deferred<void> | undefined;

  async function call<T>(action: () => T): Promise<T> {
    await Promise.resolve();
    if (store.link === "hangs") return await new Promise<T>(() => {});
    if (store.link === "away") throw new Error("the store is away");
    return action();
  }

  function put(number: number, revocation: Revocation): void {
    const known = records.get(revocation.target);
    const most = (field: "issuedBeforeS" | "immediateBeforeS" | "untilMs") =>
      Math.max(known?.[field] ?? 0, revocation[field]);
    records.set(revocation.target, {
      target: revocation.target,
      number: Math.max(known?.number ?? 0, number),
      issuedBeforeS: most("issuedBeforeS"),
      immediateBeforeS: most("immediateBeforeS"),
      untilMs: most("untilMs"),
    });
  }

  const store: MemoryRevocations = {
    link: "up",
    reads: [],
    holdWrite() {
      held = deferred();
      return held;
    },
    take: () =>
      call(() => {
        database.top += 1;
        return { number: database.top, atMs: database.nowMs() };
      }),
    async write(number, revocations) {
      const gate = held;
      held = undefined;
      await gate?.promise;
      await call(() => {
        for (const revocation of revocations) put(number, revocation);
      });
    },
    readAfter(after) {
      store.reads.push(after);
      return call(() => ({
        epoch: database.epoch,
        top: database.top,
        atMs: database.nowMs(),
        revocations: [...records.values()].filter(({ number }) => number > after),
      }));
    },
    countWith: (targets) => call(() => new Set([...records.keys(), ...targets]).size),
    page: (after, limit) =>
      call(() =>
        [...records.values()]
          .filter(({ target }) => target > after)
          .sort((one, other) => (one.target < other.target ? -1 : 1))
          .slice(0, limit),
      ),
    removeEnded: (beforeMs) =>
      call(() => {
        const overMs = Math.min(beforeMs, database.nowMs());
        for (const [target, { untilMs }] of records) if (untilMs < overMs) records.delete(target);
      }),
  };
  return store;
}
