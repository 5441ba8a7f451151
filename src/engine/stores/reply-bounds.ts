/** What one reply of Redis may be. The largest that is asked for is a cluster's list of slots, the largest at all a message. */
const BOUNDS = {
  bytes: 64 * 1024 * 1024,
  /** What a number, or the length of something, may have. */
  lineBytes: 64,
  /** What an error or a word may have: they are logged. */
  textBytes: 64 * 1024,
  /** In all its parts, as they are announced: the client reserves memory for them before they come. */
  elements: 1_000_000,
  depth: 16,
};

const CR = 0x0d;
const LF_BYTES = 1;
const CRLF_BYTES = 2;

/** Types whose line is their value. */
const TEXT = "+-";
/** Types whose line is the length of what follows. */
const LENGTHS = "$!=";
/** Types whose line is the number of parts that follow. */
const CONTAINERS = "*~>%";
/** What the line of a type may be; nothing else is read as it is meant, or at all, by the client. */
const LINES: Readonly<Record<string, RegExp>> = {
  _: /^$/,
  "#": /^[tf]$/,
  ":": /^[+-]?\d+$/,
  "(": /^[+-]?\d+$/,
  ",": /^[\w+.-]+$/,
  $: /^(\d+|-1)$/,
  "!": /^\d{1,5}$/,
  "=": /^([4-9]|\d{2,})$/, // `txt:` is part of it
  "*": /^(\d+|-1)$/,
  "~": /^\d+$/,
  ">": /^\d+$/,
  "%": /^\d+$/,
};

/**
 * Follows the replies of one connection without reading what is in them; the returned function takes the next bytes. The client's
 * parser reserves memory for what is announced, which a reply of few bytes can make more than there is, and has no bound on anything.
 * @throws when a reply is larger than any that is asked for, or is none. Nothing more may be given to it then.
 */
export function createReplyBounds(): (chunk: Buffer) => void {
  let type = "";
  let line = "";
  let lineBytes = 0;
  /** Bytes to pass over: of a string, and of the ends of lines. */
  let skip = 0;
  /** Of the reply so far, and of what it announced. */
  let [bytes, elements] = [0, 0];
  /** Parts that are still to come, for each container that is open. */
  const open: number[] = [];

  function grow(by: number): void {
    bytes += by;
    if (bytes > BOUNDS.bytes) throw new Error("a reply that is too large");
  }

  function partEnded(): void {
    for (let left = open.pop(); left !== undefined; left = open.pop()) {
      if (left > 1) return void open.push(left - 1);
    }
    [bytes, elements] = [0, 0];
  }

  function containerBegan(parts: number): void {
    elements += parts;
    if (elements > BOUNDS.elements) throw new Error("a reply of too many parts");
    if (open.length === BOUNDS.depth) throw new Error("a reply that is too deep");
    if (parts > 0) open.push(parts);
    else partEnded();
  }

  function lineEnded(): void {
    if (LINES[type]?.test(line) === false) throw new Error("no reply of Redis");
    const value = Number(line);
    skip = LF_BYTES;
    if (CONTAINERS.includes(type)) containerBegan(type === "%" ? 2 * value : value);
    else {
      if (LENGTHS.includes(type) && value >= 0) {
        grow(value);
        skip += value + CRLF_BYTES;
      }
      partEnded();
    }
    type = "";
    line = "";
    lineBytes = 0;
  }

  function begin(first: number): void {
    type = String.fromCharCode(first);
    if (!TEXT.includes(type) && LINES[type] === undefined) throw new Error("no reply of Redis");
    grow(1);
  }

  /** The part of a line that is in these bytes; returns where it ends. */
  function read(chunk: Buffer, from: number): number {
    const cr = chunk.indexOf(CR, from);
    const to = cr === -1 ? chunk.length : cr;
    grow(to - from);
    const isText = TEXT.includes(type);
    lineBytes += to - from;
    if (lineBytes > (isText ? BOUNDS.textBytes : BOUNDS.lineBytes)) throw new Error("no reply of Redis");
    if (!isText) line += chunk.toString("latin1", from, to);
    if (cr === -1) return to;
    lineEnded();
    return cr + 1;
  }

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (skip > 0) {
        const passed = Math.min(skip, chunk.length - at);
        skip -= passed;
        at += passed;
      } else if (type === "") {
        begin(chunk[at] ?? 0);
        at += 1;
      } else at = read(chunk, at);
    }
  };
}
