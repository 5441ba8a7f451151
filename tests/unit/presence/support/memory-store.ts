import type { MemberNode, MembershipStore } from "../../../../src/engine/membership/membership-store.js";
import type { PresenceEntry, PresenceStore } from "../../../../src/engine/presence/presence-store.js";

type Stores = MembershipStore & PresenceStore;

/** The records that all stores of one database share. */
export interface Database {
  readonly nodes: Map<string, MemberNode>;
  readonly entries: Map<string, PresenceEntry>;
}

export function emptyDatabase(): Database {
  return { nodes: new Map(), entries: new Map() };
}

/** One process's way to the database. */
export interface MemoryStore extends Stores {
  /** "away" makes every call fail, "hangs" makes it wait for ever. */
  link: "up" | "away" | "hangs";
  /** Further calls of this method fail. */
  refuses: keyof Stores | undefined;
  /** Names of all calls that were made. */
  readonly calls: (keyof Stores)[];
  /** The rooms of all writes that succeeded, in order. */
  readonly written: string[];
}

export function createMemoryStore({ nodes, entries }: Database): MemoryStore {
  async function call<T>(name: keyof Stores, action: () => T): Promise<T> {
    store.calls.push(name);
    await Promise.resolve();
    if (store.link === "hangs") return await new Promise<T>(() => {});
    if (store.link === "away" || store.refuses === name) throw new Error(`no ${name}: the store is away`);
    return action();
  }

  const store: MemoryStore = {
    link: "up",
    refuses: undefined,
    calls: [],
    written: [],
    enroll: (id, peer) =>
      call("enroll", () => {
        if (!nodes.has(id)) nodes.set(id, { id, beat: 0, gone: false, peer });
      }),
    beat: (id) =>
      call("beat", () => {
        const node = nodes.get(id);
        if (node === undefined || node.gone) return false;
        nodes.set(id, { ...node, beat: node.beat + 1 });
        return true;
      }),
    nodes: () => call("nodes", () => [...nodes.values()]),
    markGone: (id) =>
      call("markGone", () => {
        const node = nodes.get(id);
        if (node === undefined || node.gone) return false;
        nodes.set(id, { ...node, gone: true });
        return true;
      }),
    remove: (id, beat) => call("remove", () => nodes.get(id)?.beat === beat && nodes.delete(id)),
    clear: (ids) =>
      call("clear", () => {
        for (const [key, { node }] of entries) if (ids.includes(node)) entries.delete(key);
      }),
    write: (node, rooms) =>
      call("write", () => {
        for (const [room, { users, count }] of rooms) {
          store.written.push(room);
          if (count === 0) entries.delete(`${room}|${node}`);
          else entries.set(`${room}|${node}`, { room, node, users, count });
        }
      }),
    read: (rooms) => call("read", () => [...entries.values()].filter(({ room }) => rooms.includes(room))),
    strays: () =>
      call("strays", () => {
        const writers = new Set([...entries.values()].map(({ node }) => node));
        return [...writers].filter((node) => !nodes.has(node));
      }),
  };
  return store;
}
