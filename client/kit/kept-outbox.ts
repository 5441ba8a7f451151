import type { Json } from "../contract.js";
import { createId, later, toJson } from "../outbox.js";
import { type RoomError, roomError } from "../protocol.js";
import type { Sender } from "../room-client.js";
import type { KeptMessage } from "../stores/store.js";
import { bytesOf, createItem, givingWay, type Item, isWaiting, type Waiter, waitedMs } from "./item.js";
import {
  createLists,
  type OutboxBounds,
  type Outcome,
  publicPart,
  type Stored,
  toPending,
} from "./pending.js";
import { createSenders } from "./senders.js";
import { createSignal } from "./signal.js";
import type { Writer } from "./writer.js";

/**
 * The messages of a user until they are confirmed, in the order in which they were published, over reloads. Each goes out under its id until
 * it is confirmed, so that it is stored once, however often it was on its way.
 */
export function createKeptOutbox(writer: Writer, openSender: (room: string) => Sender, bounds: OutboxBounds) {
  const items = new Map<string, Item>();
  const senders = createSenders(openSender);
  const changes = createSignal<[room: string]>();
  const outcomes = createSignal<[Outcome]>();
  let state: "closed" | "opening" | "open" = "opening";
  let bytes = 0;
  let lastOrder = 0;
  let cancelTimer: (() => void) | undefined;
  let start: (opening?: Promise<void>) => void = () => {};
  /** Or closed: without a user it is opened once the server has said whom it is for. */
  const opened = new Promise<void>((resolve) => {
    start = resolve;
  });

  const of = (room?: string) =>
    [...items.values()].filter(({ kept }) => room === undefined || kept.room === room);
  const lists = createLists((room) => of(room).map(({ kept }) => toPending(kept)));
  const closed = () => roomError("closed", "The client was closed");

  function changed(room: string): void {
    lists.forget(room);
    changes.tell(room);
  }

  function add(kept: KeptMessage, itsBytes: number, waiters: Waiter[]): Item {
    const item = createItem(kept, itsBytes, waiters);
    items.set(kept.id, item);
    bytes += itsBytes;
    return item;
  }

  function drop({ kept: { id, room }, bytes: itsBytes }: Item): void {
    items.delete(id);
    bytes -= itsBytes;
    writer.remove(id);
    changed(room);
  }

  function deliver({ kept: { id, room, body } }: Item): void {
    const refuse = (error: RoomError) => {
      // Both are of this device, and say nothing of the message.
      if (error.code !== "given_up" && error.code !== "closed") end(id, "failed", error);
    };
    void senders.publish(room, body, id).then(({ seq }) => confirm(room, id, seq), refuse);
  }

  /** Puts it behind all others, into the store, and on its way: `begin` does, where it is not known yet what is there. */
  function admit(item: Item): void {
    watch();
    if (state === "opening") return;
    lastOrder += 1;
    item.kept = { ...item.kept, order: lastOrder };
    writer.keep(item.kept);
    if (state !== "closed") deliver(item);
  }

  function rest(room: string): void {
    if (!of(room).some(isWaiting)) senders.close(room);
  }

  /** It will not be sent any more, unless the app wants it. */
  function end(id: string, outcome: "failed" | "expired", error: RoomError): void {
    const item = items.get(id);
    if (item === undefined || !isWaiting(item)) return;
    const { code, message } = error;
    item.kept = { ...item.kept, state: outcome, error: { code, message } };
    writer.keep(item.kept);
    changed(item.kept.room);
    settle(item, outcome, error);
  }

  function settle(item: Item, outcome: "failed" | "expired" | "discarded", error: RoomError): void {
    const { id, room } = item.kept;
    senders.giveUp(room, id);
    for (const { reject } of item.waiters.splice(0)) reject(error);
    outcomes.tell({ ...publicPart(item.kept), outcome, error });
    rest(room);
  }

  /** It is stored: its publish was answered, or it was read in its room. */
  function confirm(room: string, id: string, seq: number): void {
    const item = items.get(id);
    if (item?.kept.room !== room) return;
    senders.giveUp(room, id);
    drop(item);
    for (const { resolve } of item.waiters.splice(0)) resolve({ id, seq });
    outcomes.tell({ ...publicPart(item.kept), outcome: "stored", seq });
    rest(room);
  }

  function expire(): void {
    for (const item of of().filter(isWaiting)) {
      if (waitedMs(item) < bounds.expiryMs) continue;
      end(item.kept.id, "expired", roomError("expired", "Not confirmed in time; it may be stored even so"));
    }
  }

  /** Sees to what expires next. */
  function watch(): void {
    if (cancelTimer !== undefined || state === "closed") return;
    const left = of().filter(isWaiting);
    if (left.length === 0) return;
    const nextMs = Math.min(...left.map((item) => bounds.expiryMs - waitedMs(item)));
    cancelTimer = later(Math.max(0, nextMs), () => {
      cancelTimer = undefined;
      expire();
      watch();
    });
  }

  /** What clients that are gone have left. */
  function inherit(left: readonly KeptMessage[]): Item[] {
    const fresh = left.filter(({ id }) => !items.has(id));
    return fresh.map((kept) => {
      lastOrder = Math.max(kept.order, lastOrder + 1);
      // One from the future: the clock was set back. It begins to wait anew, or it might never expire.
      const moved = { ...kept, order: lastOrder, at: Math.min(kept.at, Date.now()) };
      if (moved.order !== kept.order || moved.at !== kept.at) writer.keep(moved);
      return add(moved, bytesOf(JSON.stringify(kept.body)), []);
    });
  }

  /** What has expired while nobody was there is told, and not sent. */
  function sendInherited(inherited: readonly Item[]): void {
    expire();
    for (const item of inherited) if (isWaiting(item)) deliver(item);
    for (const room of new Set(inherited.map(({ kept }) => kept.room))) changed(room);
    cancelTimer?.(); // some may have less time left
    cancelTimer = undefined;
    watch();
  }

  function publish(room: string, body: Json, id = createId()): Promise<Stored> {
    return new Promise((resolve, reject) => {
      if (state === "closed") throw closed();
      const known = items.get(id);
      if (known && known.kept.room !== room) throw roomError("invalid", "One of another room has this id");
      if (known && known.kept.state !== "failed") return resolve(resend(id));
      const json = toJson(body);
      const itsBytes = bytesOf(json);
      const way = givingWay(items, bytes + itsBytes, bounds, known);
      if (way === undefined) throw roomError("outbox_full", "Too much is unconfirmed");
      for (const one of way) drop(one);
      // A copy: what the app does with its own from here on is not sent.
      const kept = { id, room, body: JSON.parse(json), order: 0, at: Date.now(), state: "waiting" as const };
      admit(add(kept, itsBytes, [{ resolve, reject }]));
      changed(room);
    });
  }

  /** Sends one again that has failed or expired, under its id and behind all others. */
  function resend(id: string): Promise<Stored> {
    return new Promise((resolve, reject) => {
      const item = items.get(id);
      if (state === "closed") throw closed();
      if (item === undefined) throw roomError("not_found", "No such message is unconfirmed");
      item.waiters.push({ resolve, reject });
      if (isWaiting(item)) return;
      const { error: _, ...kept } = item.kept;
      items.delete(id);
      items.set(id, item);
      const again = createItem({ ...kept, at: Date.now(), state: "waiting" }, item.bytes, item.waiters);
      Object.assign(item, again);
      admit(item);
      changed(kept.room);
    });
  }

  /** What is there goes first; what was published meanwhile follows it. */
  function begin(left: readonly KeptMessage[]): void {
    const early = of();
    items.clear();
    const inherited = inherit(left);
    const known = early.filter(({ kept: { id } }) => items.has(id));
    const fresh = early.filter(({ kept: { id } }) => !items.has(id));
    for (const item of fresh) items.set(item.kept.id, item);
    if (state !== "closed") {
      state = "open";
      sendInherited(inherited);
    }
    for (const item of fresh) if (isWaiting(item)) admit(item);
    for (const { kept, bytes: itsBytes, waiters } of known) {
      bytes -= itsBytes;
      changed(kept.room);
      for (const one of waiters) publish(kept.room, kept.body, kept.id).then(one.resolve, one.reject);
    }
  }

  /** What clients have left that have gone since. */
  async function takeOver(): Promise<void> {
    const left = state === "open" ? await writer.takeOver() : [];
    if (state === "open") sendInherited(inherit(left));
  }
  return {
    publish,
    resend,
    open(owner: string): void {
      start(writer.open(owner, begin));
      void opened.then(takeOver);
    },
    expire,
    confirm,
    /** Gives a message up. One that is on its way may be stored even so. */
    discard(id: string): void {
      const item = items.get(id);
      if (item === undefined) return;
      drop(item);
      settle(item, "discarded", roomError("discarded", "The application has given it up"));
    },
    pending: lists.of,
    onChange: changes.listen,
    onOutcome: outcomes.listen,
    takeOver,
    written: () => opened.then(writer.written),
    /** What is not confirmed stays in the store. */
    async close(): Promise<void> {
      state = "closed";
      start();
      cancelTimer?.();
      for (const { waiters } of of()) for (const { reject } of waiters.splice(0)) reject(closed());
      await opened;
      await writer.close();
    },
  };
}
export type KeptOutbox = ReturnType<typeof createKeptOutbox>;
