import { inOrder, isKeptMessage, type KeptMessage, type OutboxStore, type Shelf } from "./store.js";
import { takeName } from "./tab-locks.js";

export type { KeptMessage, OutboxStore, Shelf } from "./store.js";
export type IndexedDbOptions = {
  /** Of the database. */
  name?: string;
  /** How long a tab has to be gone before another one that is open sends what it has left: a reload takes less. */
  takeOverMs?: number;
};

const ROWS = "messages";
/** Some browsers never answer in some modes. */
const OPEN_WITHIN_MS = 5000;

/** `tab` is the name of the one that sends it. */
type Row = { owner: string; tab: string; message: KeptMessage };

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("IndexedDB did not open in time")), OPEN_WITHIN_MS);
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ROWS, { keyPath: ["owner", "tab", "message.id"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("IndexedDB is in use by another version of the page"));
    for (const event of ["success", "error"]) request.addEventListener(event, () => clearTimeout(timer));
  });
}

/** All that begins with these parts of the key: an array is behind all texts. */
const under = (...parts: string[]) => IDBKeyRange.bound(parts, [...parts, []]);

/**
 * Keeps outboxes in IndexedDB. Each tab sends what was published in it; what a tab has left that was closed is sent by one that is open. Tabs
 * know of each other by the browser's locks. Without those, as on pages without HTTPS, a tab that opens takes all that is there: what another
 * one is sending may go out twice, and is stored once.
 */
export function indexedDbStore({ name = "shoal", takeOverMs = 2000 }: IndexedDbOptions = {}): OutboxStore {
  return { isLasting: true, open: (owner) => openShelf(name, owner, takeOverMs) };
}

async function openShelf(name: string, owner: string, takeOverMs: number): Promise<Shelf> {
  let opened: Promise<IDBDatabase> | undefined;
  let isClosed = false;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  /** One that was closed, as by somebody who has cleared the page's data, is opened again. */
  async function database(): Promise<IDBDatabase> {
    opened ??= openDatabase(name);
    const mine = opened;
    const forget = () => {
      if (opened === mine) opened = undefined;
    };
    const db = await mine.catch((error) => {
      forget();
      throw error;
    });
    db.onclose = forget;
    db.onversionchange = () => {
      db.close();
      forget();
    };
    return db;
  }

  /** All of it, or nothing. */
  async function transact(act: (rows: IDBObjectStore) => void): Promise<void> {
    const db = await database();
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(ROWS, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("The transaction was aborted"));
      act(transaction.objectStore(ROWS));
    });
  }

  /** The messages of a tab, which are this one's from here on. */
  async function take(other: string): Promise<KeptMessage[]> {
    const taken: KeptMessage[] = [];
    await transact((rows) => {
      const request = rows.getAll(under(owner, other));
      request.onsuccess = () => {
        for (const { message } of request.result as Row[]) {
          if (isKeptMessage(message)) taken.push(message);
          if (other !== tab.name) rows.put({ owner, tab: tab.name, message });
        }
        if (other !== tab.name) rows.delete(under(owner, other));
      };
    });
    return inOrder(taken);
  }

  /** The tabs that have something here, but for this one. */
  async function others(): Promise<string[]> {
    let keys: IDBValidKey[] = [];
    await transact((rows) => {
      const request = rows.getAllKeys(under(owner));
      request.onsuccess = () => {
        keys = request.result;
      };
    });
    const names = new Set(keys.map((key) => (key as string[])[1] ?? ""));
    return [...names].filter((other) => other !== tab.name);
  }

  async function takeAll(names: readonly string[]): Promise<KeptMessage[]> {
    const all: KeptMessage[] = [];
    for (const other of names) all.push(...((await tab.insteadOf(other, () => take(other))) ?? []));
    return all;
  }

  /** Those of them that nobody has open. */
  async function gone(names: readonly string[]): Promise<string[]> {
    const all: string[] = [];
    for (const other of names) if (await tab.insteadOf(other, async () => true)) all.push(other);
    return all;
  }

  await database(); // before anything waits for a lock
  const tab = await takeName(`${name} ${owner}`);
  const left: KeptMessage[] = [];
  try {
    left.push(...(await take(tab.name)));
    // With locks that has time: another tab may be about to load again, and go on with its own.
    if (!tab.hasLocks) left.push(...(await takeAll(await others())));
  } catch (error) {
    tab.release();
    throw error;
  }
  return {
    left,
    write: (messages, removed) =>
      transact((rows) => {
        for (const message of messages) rows.put({ owner, tab: tab.name, message });
        for (const id of removed) rows.delete([owner, tab.name, id]);
        // At once, and not after the answers: a page that is left before they come would take it all back.
        rows.transaction.commit?.();
      }),
    async takeOver() {
      if (!tab.hasLocks || isClosed) return [];
      const names = await gone(await others());
      if (names.length === 0) return [];
      await Promise.race([ended, new Promise((resume) => setTimeout(resume, takeOverMs))]);
      return isClosed ? [] : takeAll(names);
    },
    async close() {
      isClosed = true;
      end();
      tab.release();
      const db = await opened?.catch(() => undefined);
      db?.close();
    },
  };
}
