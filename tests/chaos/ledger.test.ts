import type { Message } from "../../client/room-client.js";
import { createLedger, idOf, type Ledger, type StoredEntry } from "./ledger.js";

const ROOM = "room";

function stored(...counts: (number | undefined)[]): Map<string, StoredEntry[]> {
  const entries = counts.map((n, index) => ({ seq: index + 1, key: n === undefined ? n : `ann/${idOf(n)}` }));
  return new Map([[ROOM, entries]]);
}

function message(seq: number, n = seq): Message {
  return { seq, id: idOf(n), from: "ann", at: "2026-01-01T00:00:00.000Z", body: { n, pad: "" } };
}

/** A ledger in which ann has published three messages, of which `acked` were acknowledged at their own number. */
function ledgerOf(...acked: number[]): Ledger {
  const ledger = createLedger();
  for (const n of [1, 2, 3]) ledger.published(ROOM, "ann", idOf(n));
  for (const n of acked) ledger.acked({ room: ROOM, from: "ann", id: idOf(n), seq: n });
  return ledger;
}

function reads(ledger: Ledger, seqs: readonly number[], after: number | undefined = 0, reached = 3) {
  const stream = ledger.openStream(ROOM, "bob", { after, reached: () => reached });
  for (const seq of seqs) stream.receive(message(seq));
  return stream;
}

describe("the checker", () => {
  test("finds nothing wrong in a run in which all went well, with a tombstone", () => {
    const ledger = ledgerOf(1, 2);
    ledger.acked({ room: ROOM, from: "ann", id: idOf(3), seq: 4 });
    const stream = reads(ledger, [1, 2], 0, 4);
    stream.receive(message(4, 3));

    ledger.check(stored(1, 2, undefined, 3));

    expect(ledger.violations).toEqual([]);
  });

  test.each<[string, keyof Ledger["kinds"], (ledger: Ledger) => void]>([
    ["an acknowledged message that is not stored", "lost", (ledger) => ledger.check(stored(1, 2))],
    ["a message that is stored twice", "duplicated", (ledger) => ledger.check(stored(1, 2, 3, 3))],
    [
      "a number that is missing in the store",
      "other",
      (ledger) => {
        const entries =
          stored(1, 2, 3)
            .get(ROOM)
            ?.filter(({ seq }) => seq !== 2) ?? [];
        ledger.check(new Map([[ROOM, entries]]));
      },
    ],
    [
      "a message at another number than promised",
      "other",
      (ledger) => ledger.check(stored(undefined, 1, 2, 3)),
    ],
    ["a sender's messages in another order", "reordered", (ledger) => ledger.check(stored(1, 3, 2))],
    ["a stored message that nobody has sent", "other", (ledger) => ledger.check(stored(1, 2, 3, 4))],
    [
      "a reader that misses a message",
      "lost",
      (ledger) => {
        reads(ledger, [1, 3]);
        ledger.check(stored(1, 2, 3));
      },
    ],
    [
      "a reader that misses the first message",
      "lost",
      (ledger) => {
        reads(ledger, [2, 3]);
        ledger.check(stored(1, 2, 3));
      },
    ],
    [
      "a reader that misses the last message",
      "lost",
      (ledger) => {
        reads(ledger, [1, 2]);
        ledger.check(stored(1, 2, 3));
      },
    ],
    ["a reader that is shown a message twice", "duplicated", (ledger) => reads(ledger, [1, 2, 2, 3])],
    ["a reader that is shown messages out of order", "reordered", (ledger) => reads(ledger, [2, 1])],
    [
      "a reader that is shown what is not stored",
      "other",
      (ledger) => {
        reads(ledger, [1, 2, 3]);
        ledger.check(stored(1, 2, undefined));
      },
    ],
    [
      "two readers that see two messages at one number",
      "other",
      (ledger) => {
        reads(ledger, [1]);
        ledger.openStream(ROOM, "eve", { after: 0, reached: () => 1 }).receive(message(1, 2));
      },
    ],
    [
      "a body that belongs to another message",
      "other",
      (ledger) => {
        const stream = ledger.openStream(ROOM, "eve", { after: 0, reached: () => 1 });
        stream.receive({ ...message(1), body: { n: 2, pad: "" } });
      },
    ],
    ["a reset that nothing has caused", "other", (ledger) => reads(ledger, [1]).reset()],
  ])("finds %s", (_what, kind, spoil) => {
    const ledger = ledgerOf(1, 2, 3);

    spoil(ledger);

    expect(ledger.kinds[kind]).toBeGreaterThan(0);
  });

  test("tells a violation once, however often it is found", () => {
    const ledger = ledgerOf(1, 2, 3);

    ledger.check(stored(1, 2));
    ledger.check(stored(1, 2));

    expect(ledger.violations).toHaveLength(1);
  });
});
