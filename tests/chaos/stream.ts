import type { Message } from "../../client/room-client.js";
import type { Ledger, StoredEntry } from "./ledger.js";

/** What one reader was shown of one room. */
export interface Stream {
  readonly room: string;
  readonly reader: string;
  readonly resets: number;
  /** How many resets the harness has caused; more are violations. */
  allowedResets: number;
  receive(message: Message): void;
  reset(): void;
  /** Everything stored from where the reader began up to what it has reached must have been shown, and nothing else. */
  check(entries: readonly StoredEntry[]): void;
}

export interface StreamStart {
  /** All above it is to be shown; undefined when the server chooses, then the first message shown tells. */
  readonly after: number | undefined;
  /** Up to where the reader believes to have everything. */
  readonly reached: () => number;
}

export interface StreamOptions extends StreamStart {
  readonly room: string;
  readonly reader: string;
  readonly onMessage: (message: Message) => void;
  readonly complain: Ledger["complain"];
}

/** A stream begins anew after a reset. What was shown before must then be in order, but may be gone from the store. */
export function createStream(options: StreamOptions): Stream {
  const { room, reader, reached, onMessage, complain } = options;
  let { after } = options;
  let seqs: number[] = [];
  let resets = 0;

  function missing(entries: readonly StoredEntry[]): StoredEntry[] {
    const [first] = seqs;
    const start = after ?? (first === undefined ? Number.POSITIVE_INFINITY : first - 1);
    const shown = new Set(seqs);
    return entries.filter(
      ({ seq, key }) => key !== undefined && seq > start && seq <= reached() && !shown.has(seq),
    );
  }

  return {
    room,
    reader,
    allowedResets: 0,
    get resets() {
      return resets;
    },
    receive(message) {
      const last = seqs.at(-1) ?? after ?? 0;
      if (message.seq === last) complain("duplicated", `${room} ${message.seq} for ${reader}`);
      else if (message.seq < last) {
        complain("reordered", `${room} ${message.seq} after ${last} for ${reader}`);
      }
      seqs.push(message.seq);
      onMessage(message);
    },
    reset() {
      resets += 1;
      seqs = [];
      after = undefined;
      if (resets > this.allowedResets) complain("other", `${room}: ${reader} was reset for no reason`);
    },
    check(entries) {
      const lost = missing(entries).map(({ seq }) => seq);
      if (lost.length > 0) {
        complain("lost", `${room}: ${reader} was not shown ${lost.length}, first ${lost.slice(0, 5).join()}`);
      }
      const there = new Set(entries.filter(({ key }) => key !== undefined).map(({ seq }) => seq));
      const unknown = seqs.find((seq) => !there.has(seq));
      if (unknown !== undefined) complain("other", `${room}: ${reader} was shown ${unknown}, not stored`);
    },
  };
}
