/** A message as far as the check is concerned: its number in the room, and a key that its sender gave it. */
export interface Numbered {
  readonly seq: number;
  readonly key: number;
}

/** What is wrong, in counts; `examples` are a few of them in words. */
export interface Findings {
  /** Acknowledged messages that a reader did not get: pairs of message and reader. */
  readonly lost: number;
  /** Messages that were shown twice to a reader, or stand under two numbers. */
  readonly duplicated: number;
  /** Messages that came before one with a smaller number. */
  readonly disordered: number;
  /** Messages under another number than the one acknowledged, or under one that another message has. */
  readonly misplaced: number;
  readonly examples: readonly string[];
}

/** One who reads the room. */
export interface Reader {
  /** Gets what it has not been given before, in the order it came. */
  show(seq: number): void;
}

/** Checks what all readers of one room get. Needs some 100 bytes per message and 1 bit per message and reader. */
export interface RoomCheck {
  /** What a packet says, once per packet however many readers it has. */
  learn(messages: readonly Numbered[]): void;
  createReader(name: string): Reader;
  /** With what was acknowledged: seq, key, seq, key. May be asked again, as messages may still be on their way. */
  findings(acked: Float64Array): Findings;
}

const EXAMPLES = 5;

/** Nothing found. */
export const CLEAN: Findings = { lost: 0, duplicated: 0, disordered: 0, misplaced: 0, examples: [] };

export function createRoomCheck(room: string): RoomCheck {
  const keys = new Map<number, number>();
  const seqs = new Map<number, number>();
  const readers: { name: string; has(seq: number): boolean }[] = [];
  const seen = createTally();

  function createReader(name: string): Reader {
    const shown = createBits();
    let last = 0;
    readers.push({ name, has: shown.has });
    return {
      show(seq) {
        if (shown.has(seq)) seen.note("duplicated", `${room}: ${name} got number ${seq} twice`);
        else if (seq < last) seen.note("disordered", `${room}: ${name} got number ${seq} after ${last}`);
        shown.add(seq);
        last = Math.max(last, seq);
      },
    };
  }

  function learn(messages: readonly Numbered[]): void {
    for (const { seq, key } of messages) {
      const other = keys.get(seq);
      const before = seqs.get(key);
      if (other !== undefined && other !== key) {
        seen.note("misplaced", `${room}: two messages at number ${seq}`);
      } else if (before !== undefined && before !== seq) {
        seen.note("duplicated", `${room}: one message at the numbers ${before} and ${seq}`);
      }
      keys.set(seq, key);
      seqs.set(key, seq);
    }
  }

  function findings(acked: Float64Array): Findings {
    const found = createTally(seen.get());
    for (let index = 0; index < acked.length; index += 2) {
      const [seq = 0, key = 0] = acked.subarray(index, index + 2);
      const known = keys.get(seq);
      if (known !== undefined && known !== key) {
        found.note("misplaced", `${room}: another message than the acknowledged one is at number ${seq}`);
      }
      for (const reader of readers) {
        if (!reader.has(seq)) found.note("lost", `${room}: ${reader.name} never got number ${seq}`);
      }
    }
    return found.get();
  }

  return { learn, createReader, findings };
}

/** The sum of what was found in several rooms or processes. */
export function sumFindings(all: readonly Findings[]): Findings {
  const sum = createTally();
  for (const one of all) sum.add(one);
  return sum.get();
}

type Kind = Exclude<keyof Findings, "examples">;

function createTally(start: Findings = CLEAN) {
  const counts = { lost: 0, duplicated: 0, disordered: 0, misplaced: 0 };
  const examples: string[] = [];

  function add(other: Findings): void {
    for (const kind of Object.keys(counts) as Kind[]) counts[kind] += other[kind];
    examples.push(...other.examples.slice(0, Math.max(0, EXAMPLES - examples.length)));
  }

  add(start);
  return {
    add,
    note(kind: Kind, example: string): void {
      counts[kind] += 1;
      if (examples.length < EXAMPLES) examples.push(example);
    },
    get: (): Findings => ({ ...counts, examples: [...examples] }),
  };
}

function createBits() {
  let words = new Uint32Array(8);
  return {
    has: (bit: number) => (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1,
    add(bit: number): void {
      const index = bit >>> 5;
      if (index >= words.length) {
        const longer = new Uint32Array(Math.max(index + 1, words.length * 2));
        longer.set(words);
        words = longer;
      }
      words[index] = (words[index] ?? 0) | (1 << (bit & 31));
    },
  };
}
