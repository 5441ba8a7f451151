import type { EventEmitter } from "node:events";

type Listener = (...args: never[]) => unknown;
type Entry = Listener | readonly Listener[];
type Table = Record<string | symbol, Entry | undefined>;

/** What Node's `EventEmitter` keeps its listeners in (lib/events.js): by event, a function or an array of several. */
interface Inside {
  _events: Table;
}

/** What `once` has put around a listener: it is found under `listener`, as the documentation of `rawListeners` says. */
type OnceWrapper = Listener & { readonly listener?: Listener };

type IsLast = (event: string | symbol, listener: Listener) => boolean;

/** Whether this emitter keeps its listeners as expected. */
export function hasListenerTable(emitter: unknown): emitter is EventEmitter {
  if (typeof emitter !== "object" || emitter === null || !("_events" in emitter)) return false;
  const { _events: table } = emitter;
  if (typeof table !== "object" || table === null) return false;
  const prototype: unknown = Object.getPrototypeOf(table);
  // None, or that of `{}`, which streams have: nothing that more than the events could come from.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * What rewrites the listener tables of emitters of one kind, which mostly have the same events. V8 keeps an object without
 * a prototype as a hash table several times as large, and arrays that `push` has made with room for 17. The
 * listeners, their order and the ways to remove them stay.
 *
 * `isLast`: for which listeners the wrapper goes, too, that `once` has made: those that cannot be called twice anyway.
 */
export function createTableTightener(isLast: IsLast = () => false): (emitter: EventEmitter) => void {
  // A class for each kind, so that V8 learns how many properties its objects have.
  class Tight {}
  Object.setPrototypeOf(Tight.prototype, null);
  Reflect.deleteProperty(Tight.prototype, "constructor"); // or "constructor" would be an event with a listener

  return (emitter) => {
    const inside = emitter as unknown as Inside;
    const table = inside._events;
    const tight = new Tight() as Table;
    for (const event of Reflect.ownKeys(table)) {
      const entry = table[event];
      if (entry === undefined) continue; // streams have a place for events without listeners
      const bare = (listener: OnceWrapper): Listener => {
        const { listener: inner } = listener;
        return inner !== undefined && isLast(event, inner) ? inner : listener;
      };
      tight[event] = typeof entry === "function" ? bare(entry) : entry.map(bare);
    }
    inside._events = tight;
  };
}

/** A copy without room to grow. */
export function tightArray<Item>(items: readonly Item[]): Item[] {
  return items.slice();
}

/** The same for a queue that has no more than one entry at most times: it keeps the room for one. */
export function tightQueue<Item>(queue: readonly Item[]): Item[] {
  if (queue.length > 0) return queue.slice();
  const withRoom: unknown[] = [undefined];
  withRoom.pop();
  return withRoom as Item[];
}
