import { isTombstone, messageKey, type RoomEntry, type RoomMessage } from "../../../../src/contract/types.js";
import type { Database } from "./database.js";
import type { Participant, Segment } from "./participant.js";

/** Everything that breaks a promise of the design, in words. */
export function violations(
  database: Pick<Database, "logs" | "committedAt" | "head">,
  participants: readonly Participant[],
): string[] {
  const problems: string[] = [];
  const rooms = new Set(participants.map(({ room }) => room));
  for (const room of rooms) {
    const logs = database.logs(room);
    const readers = participants.filter((participant) => participant.room === room);
    for (const { entries } of logs) problems.push(...checkLog(room, entries));
    logs.forEach(({ entries }, index) => {
      problems.push(...checkSenders(room, entries, logs[index - 1]?.entries ?? []));
    });
    const messages: Messages = new Map(logs.map(({ epoch, entries }) => [epoch, messagesOf(entries)]));
    const newest = logs.at(-1)?.epoch;
    for (const reader of readers) {
      problems.push(...checkPublications(reader, [...messages.values()].flat()));
      problems.push(...checkStream(reader, messages, database.head(room)?.floor ?? 0));
      problems.push(...checkSeenSinceLive(reader, messages, database.committedAt));
      if (reader.segments.at(-1)?.epoch !== newest) problems.push(`${reader.name} ended in another log`);
    }
  }
  return problems;
}

/** The messages of each log, by its epoch, in their order. */
type Messages = ReadonlyMap<string, readonly RoomMessage[]>;

function messagesOf(entries: readonly RoomEntry[]): RoomMessage[] {
  const messages = entries.filter((entry): entry is RoomMessage => !isTombstone(entry));
  return messages.sort((a, b) => a.seq - b.seq);
}

/** Every number holds one entry and every message has one number. */
function checkLog(room: string, stored: readonly RoomEntry[]): string[] {
  const problems: string[] = [];
  const slots = new Set<number>();
  const keys = new Set<string>();
  for (const entry of stored) {
    if (slots.has(entry.seq)) problems.push(`${room}: number ${entry.seq} is used twice`);
    slots.add(entry.seq);
    if (isTombstone(entry)) continue;
    const key = messageKey(entry);
    if (keys.has(key)) problems.push(`${key} is stored twice`);
    keys.add(key);
  }
  return problems;
}

/**
 * The messages of one sender stand in the order in which it sent them. Those that a restore took back may come again, from
 * whoever still holds them, when their sender has long been told that they are stored.
 */
function checkSenders(room: string, stored: readonly RoomEntry[], before: readonly RoomEntry[]): string[] {
  const kept = new Set(stored);
  const lost = new Set(messagesOf(before.filter((entry) => !kept.has(entry))).map(messageKey));
  const lastOf = new Map<string, number>();
  const problems: string[] = [];
  for (const entry of stored.toSorted((a, b) => a.seq - b.seq)) {
    if (isTombstone(entry) || lost.has(messageKey(entry))) continue;
    const { n } = entry.body as { n: number };
    const last = lastOf.get(entry.from) ?? 0;
    if (n < last) problems.push(`${room}: message ${n} of ${entry.from} comes after its ${last}`);
    lastOf.set(entry.from, n);
  }
  return problems;
}

/** Everything published is acknowledged, and was stored at the number that was acknowledged. */
function checkPublications(sender: Participant, messages: readonly RoomMessage[]): string[] {
  const stored = new Map<string, number[]>();
  for (const message of messages) {
    const key = messageKey(message);
    stored.set(key, [...(stored.get(key) ?? []), message.seq]);
  }
  return sender.publications.flatMap(({ id, seq, error }) => {
    const at = stored.get(messageKey({ room: sender.room, from: sender.name, id })) ?? [];
    if (error !== undefined) return [`${id} was refused: ${String(error)}`];
    if (seq === undefined) return [`${id} was never acknowledged`];
    return at.includes(seq)
      ? []
      : [`${id} was acknowledged at ${seq} and is stored at ${at[0] ?? "no number"}`];
  });
}

/** Each stretch of a stream is what the log holds from its start on, without a gap; the last one reaches the end. */
function checkStream(reader: Participant, messages: Messages, floor: number): string[] {
  const problems = reader.segments.flatMap((segment, index) => {
    const isLast = index === reader.segments.length - 1;
    const until = isLast ? Infinity : (segment.messages.at(-1)?.seq ?? 0);
    const log = messages.get(segment.epoch) ?? [];
    const expected = log.filter(({ seq }) => seq > segment.after && seq <= until);
    return checkSegment(reader, segment, expected);
  });
  const end = reader.segments.at(-1);
  if (end === undefined) problems.push(`${reader.name} never got a page`);
  else if (reader.wholeHistory && end.after > floor) {
    problems.push(`${reader.name} started behind ${end.after} although ${floor} is the floor`);
  }
  return problems;
}

function checkSegment(reader: Participant, segment: Segment, expected: readonly RoomMessage[]): string[] {
  const length = Math.max(expected.length, segment.messages.length);
  for (let index = 0; index < length; index += 1) {
    const [want, got] = [expected[index], segment.messages[index]];
    if (want?.seq === got?.seq && want?.id === got?.id && want?.from === got?.from) continue;
    const shown = (message: { seq: number; from: string; id: string } | undefined): string =>
      message === undefined ? "nothing" : `${message.seq} (${message.id})`;
    return [`${reader.name} in ${reader.room} got ${shown(got)} instead of ${shown(want)}`];
  }
  return [];
}

/** What is committed while a reader is live never lies below the place where that reader started. */
function checkSeenSinceLive(
  reader: Participant,
  messages: Messages,
  committedAt: (entry: RoomEntry) => number,
): string[] {
  const first = reader.segments[0];
  const liveAt = first?.liveAt;
  if (first === undefined || liveAt === undefined) return [];
  return (messages.get(first.epoch) ?? [])
    .filter((message) => message.seq <= first.after && committedAt(message) > liveAt)
    .map(({ id }) => `${reader.name} was live before ${id} was committed and never saw it`);
}
