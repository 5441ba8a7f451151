import { isTombstone, messageKey, type RoomEntry, type RoomMessage } from "../../../../src/contract/types.js";
import type { Database } from "./database.js";
import type { Participant, Segment } from "./participant.js";

/** Everything that breaks a promise of the design, in words. */
export function violations(
  database: Pick<Database, "history" | "committedAt" | "head">,
  participants: readonly Participant[],
): string[] {
  const problems: string[] = [];
  const rooms = new Set(participants.map(({ room }) => room));
  for (const room of rooms) {
    const stored = database.history.filter((entry) => entry.room === room);
    const readers = participants.filter((participant) => participant.room === room);
    problems.push(...checkLog(room, stored), ...checkSenders(room, stored));
    const messages = stored.filter((entry) => !isTombstone(entry)).sort((a, b) => a.seq - b.seq);
    for (const reader of readers) {
      problems.push(...checkPublications(reader, messages as RoomMessage[]));
      problems.push(...checkStream(reader, messages as RoomMessage[], database.head(room)?.floor ?? 0));
      problems.push(...checkSeenSinceLive(reader, messages as RoomMessage[], database.committedAt));
    }
  }
  return problems;
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

function checkSenders(room: string, stored: readonly RoomEntry[]): string[] {
  const lastOf = new Map<string, number>();
  const problems: string[] = [];
  for (const entry of stored.toSorted((a, b) => a.seq - b.seq)) {
    if (isTombstone(entry)) continue;
    const { n } = entry.body as { n: number };
    const last = lastOf.get(entry.from) ?? 0;
    if (n < last) problems.push(`${room}: message ${n} of ${entry.from} comes after its ${last}`);
    lastOf.set(entry.from, n);
  }
  return problems;
}

/** Everything published is acknowledged, and stored at the number that was acknowledged. */
function checkPublications(sender: Participant, messages: readonly RoomMessage[]): string[] {
  const stored = new Map(messages.map((message) => [messageKey(message), message.seq]));
  return sender.publications.flatMap(({ id, seq, error }) => {
    const at = stored.get(messageKey({ room: sender.room, from: sender.name, id }));
    if (error !== undefined) return [`${id} was refused: ${String(error)}`];
    if (seq === undefined) return [`${id} was never acknowledged`];
    return at === seq ? [] : [`${id} was acknowledged at ${seq} and is stored at ${at ?? "no number"}`];
  });
}

/** Each stretch of a stream is what the log holds from its start on, without a gap; the last one reaches the end. */
function checkStream(reader: Participant, messages: readonly RoomMessage[], floor: number): string[] {
  const problems = reader.segments.flatMap((segment, index) => {
    const isLast = index === reader.segments.length - 1;
    const until = isLast ? Infinity : (segment.messages.at(-1)?.seq ?? 0);
    const expected = messages.filter(({ seq }) => seq > segment.after && seq <= until);
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
  messages: readonly RoomMessage[],
  committedAt: (entry: RoomEntry) => number,
): string[] {
  const first = reader.segments[0];
  const liveAt = first?.liveAt;
  if (first === undefined || liveAt === undefined) return [];
  return messages
    .filter((message) => message.seq <= first.after && committedAt(message) > liveAt)
    .map(({ id }) => `${reader.name} was live before ${id} was committed and never saw it`);
}
