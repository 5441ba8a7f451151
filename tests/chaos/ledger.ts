import type { Message } from "../../client/room-client.js";
import type { Prng } from "./prng.js";
import { createStream, type Stream, type StreamStart } from "./stream.js";

/** What the store holds at one number of a room; `key` is "sender/id", undefined for a tombstone. */
export interface StoredEntry {
  readonly seq: number;
  readonly key: string | undefined;
}

/** What a harness message carries: the count of its sender in its room, from 1. */
export interface Body {
  readonly n: number;
  readonly pad: string;
}

export interface Ack {
  readonly room: string;
  readonly from: string;
  readonly id: string;
  readonly seq: number;
}

/** All that clients were told, and the one judgement over it. */
export interface Ledger {
  /** What is wrong so far; bounded, the first ones count. */
  readonly violations: readonly string[];
  readonly counts: { published: number; acked: number; delivered: number };
  /** Of what kind the violations are. */
  readonly kinds: { lost: number; duplicated: number; reordered: number; other: number };
  complain(kind: keyof Ledger["kinds"], text: string): void;
  published(room: string, from: string, id: string): void;
  acked(ack: Ack): void;
  /** The highest number that was acknowledged in the room. */
  head(room: string): number;
  /** Some message that was acknowledged in one of the rooms. */
  anyAck(rooms: readonly string[], rng: Prng): Ack | undefined;
  /** The room's log is about to become another one: from now on a number may show two messages. */
  exempt(room: string): void;
  openStream(room: string, reader: string, start: StreamStart): Stream;
  /** Judges the rooms that are given with all that is stored in them, ascending. For when nobody publishes there. */
  check(stored: ReadonlyMap<string, readonly StoredEntry[]>): void;
}

const MAX_VIOLATIONS = 100;

export function createLedger(): Ledger {
  const violations: string[] = [];
  const counts = { published: 0, acked: 0, delivered: 0 };
  const kinds = { lost: 0, duplicated: 0, reordered: 0, other: 0 };
  const sent = new Map<string, Set<string>>();
  const acks: Ack[] = [];
  const heads = new Map<string, number>();
  const seen = new Map<string, Map<number, string>>();
  const streams: Stream[] = [];
  const exempted = new Set<string>();

  function complain(kind: keyof typeof kinds, text: string): void {
    if (violations.includes(`${kind}: ${text}`)) return; // found again by a later check
    kinds[kind] += 1;
    if (violations.length < MAX_VIOLATIONS) violations.push(`${kind}: ${text}`);
  }

  /** One number shows one message to everyone. */
  function witness(room: string, seq: number, key: string, who: string): void {
    if (exempted.has(room)) return;
    const ofRoom = mapOf(seen, room, () => new Map<number, string>());
    const before = ofRoom.get(seq);
    if (before === undefined) ofRoom.set(seq, key);
    else if (before !== key) complain("other", `${room} ${seq} is ${before}, but ${key} for ${who}`);
  }

  function check(stored: ReadonlyMap<string, readonly StoredEntry[]>): void {
    for (const [room, entries] of stored) checkRoom(room, entries);
    const places = new Map([...stored].map(([room, entries]) => [room, placesOf(entries)]));
    for (const { room, from, id, seq } of acks) {
      const ofRoom = places.get(room);
      if (ofRoom === undefined) continue;
      const key = `${from}/${id}`;
      const where = ofRoom.get(key) ?? [];
      if (where.length === 0) complain("lost", `${room} ${key}, acknowledged at ${seq}, is not stored`);
      else if (where.length > 1) complain("duplicated", `${room} ${key} is stored at ${where.join()}`);
      else if (where[0] !== seq) complain("other", `${room} ${key} was promised ${seq}, is at ${where[0]}`);
    }
    for (const stream of streams) {
      const entries = stored.get(stream.room);
      if (entries !== undefined) stream.check(entries);
    }
  }

  function checkRoom(room: string, entries: readonly StoredEntry[]): void {
    const counters = new Map<string, number>();
    let last = 0;
    for (const { seq, key } of entries) {
      if (seq !== last + 1) complain("other", `${room}: ${seq} is stored after ${last}`);
      last = seq;
      if (key === undefined) continue;
      witness(room, seq, key, "the store");
      if (!sent.get(room)?.has(key)) complain("other", `${room} ${seq}: nobody has sent ${key}`);
      const [from = "", n = 0] = senderAndCount(key);
      if (n <= (counters.get(from) ?? 0)) complain("reordered", `${room} ${seq}: ${key} after its successor`);
      counters.set(from, n);
    }
  }

  return {
    violations,
    counts,
    kinds,
    complain,
    published(room, from, id) {
      counts.published += 1;
      mapOf(sent, room, () => new Set<string>()).add(`${from}/${id}`);
    },
    acked(ack) {
      counts.acked += 1;
      acks.push(ack);
      heads.set(ack.room, Math.max(heads.get(ack.room) ?? 0, ack.seq));
      witness(ack.room, ack.seq, `${ack.from}/${ack.id}`, "its sender");
    },
    head: (room) => heads.get(room) ?? 0,
    anyAck(rooms, rng) {
      const those = acks.filter(({ room }) => rooms.includes(room));
      return those.length === 0 ? undefined : rng.pick(those);
    },
    exempt: (room) => void exempted.add(room),
    openStream(room, reader, start) {
      const onMessage = (message: Message) => {
        counts.delivered += 1;
        const { n } = message.body as Partial<Body>;
        if (message.id !== idOf(n ?? 0))
          complain("other", `${room} ${message.seq}: ${message.id} with body ${n}`);
        witness(room, message.seq, `${message.from}/${message.id}`, reader);
      };
      const stream = createStream({ room, reader, onMessage, complain, ...start });
      streams.push(stream);
      return stream;
    },
    check,
  };
}

/** A message's id is made of its sender's count in the room; see `idOf`. */
export function idOf(n: number): string {
  return `m${n}`;
}

function senderAndCount(key: string): [string, number] {
  const [from = "", id = ""] = key.split("/");
  return [from, Number(id.slice(1))];
}

function placesOf(entries: readonly StoredEntry[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const { seq, key } of entries) if (key !== undefined) mapOf(places, key, () => []).push(seq);
  return places;
}

function mapOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}
