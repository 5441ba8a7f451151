import { randomBytes } from "node:crypto";

/** Opcodes of RFC 6455, section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a parser finds. Bytes are valid only during the call: they lie in a buffer that is read into again. */
export interface FrameSink {
  /** A whole text message: bytes [start, end), UTF-8. */
  onText(bytes: Buffer, start: number, end: number): void;
  /** A whole binary message. */
  onBinary(bytes: Buffer, start: number, end: number): void;
  onControl(opcode: number, payload: Buffer): void;
  /** The server broke the protocol; nothing more is parsed. */
  onViolation(what: string): void;
}

export interface FrameParser {
  /** Takes the first `length` bytes of `chunk`, wherever the network cut them, and keeps nothing of the chunk itself. */
  feed(chunk: Buffer, length: number): void;
  /** Nothing is told from here on, also in the midst of `feed`. */
  stop(): void;
}

const FIN = 0x80;
const WHOLE_TEXT = FIN | OPCODE.text;

/** A frame as clients must send it: masked. It may be kept and sent any number of times. */
export function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const data = typeof payload === "string" ? Buffer.from(payload) : payload;
  const { length } = data;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + 4 + length);
  frame[0] = FIN | opcode;
  frame[1] = FIN | (head === 2 ? length : head === 4 ? 126 : 127);
  if (head === 4) frame.writeUInt16BE(length, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  const key = randomBytes(4);
  key.copy(frame, head);
  for (let index = 0; index < length; index += 1) {
    frame[head + 4 + index] = (data[index] ?? 0) ^ (key[index & 3] ?? 0);
  }
  return frame;
}

/**
 * Parses what a WebSocket server sends (RFC 6455 without extensions). A whole frame in one chunk costs no allocation.
 * `limitBytes` bounds a message, by default 16 MiB; a larger one is a violation.
 */
export function createFrameParser(sink: FrameSink, limitBytes = 16 * 1024 * 1024): FrameParser {
  let stopped = false;
  const cut = createHolder(2);
  const fragments: Buffer[] = [];
  let fragmentBytes = 0;
  let fragmentOpcode: number = OPCODE.continuation;

  function violation(what: string): void {
    stopped = true;
    sink.onViolation(what);
  }

  /** All whole frames; returns where the first incomplete one begins. */
  function parse(bytes: Buffer, end: number): number {
    let at = 0;
    cut.need(2);
    while (end - at >= 2 && !stopped) {
      const second = bytes[at + 1] ?? 0;
      let size = second & 127;
      let head = at + 2;
      if (size >= 126) {
        head += size === 126 ? 2 : 8;
        if (head > end) {
          cut.need(head - at);
          break;
        }
        size = size === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      }
      if (second >= FIN) violation("a masked frame");
      else if (size > limitBytes) violation(`a frame of more than ${limitBytes} bytes`);
      const next = head + size;
      if (next > end) {
        cut.need(next - at);
        break;
      }
      if (stopped) break;
      const first = bytes[at] ?? 0;
      if (first === WHOLE_TEXT && fragmentOpcode === 0) sink.onText(bytes, head, next);
      else onFrame(first, bytes, head, next);
      at = next;
    }
    return at;
  }

  function onFrame(first: number, bytes: Buffer, start: number, end: number): void {
    const opcode = first & 15;
    if ((first & 0x70) !== 0) violation("a frame with reserved bits");
    else if (opcode >= OPCODE.close) sink.onControl(opcode, Buffer.from(bytes.subarray(start, end)));
    else if ((opcode === 0) === (fragmentOpcode === 0)) violation("a fragment out of place");
    else if (first === (FIN | OPCODE.binary)) sink.onBinary(bytes, start, end);
    else onFragment(first, bytes.subarray(start, end));
  }

  function onFragment(first: number, part: Buffer): void {
    if (fragmentOpcode === 0) fragmentOpcode = first & 15;
    fragments.push(Buffer.from(part));
    fragmentBytes += part.length;
    if (fragmentBytes > limitBytes) violation(`a message of more than ${limitBytes} bytes`);
    if (first < FIN || stopped) return;
    const whole = Buffer.concat(fragments, fragmentBytes);
    const tell = fragmentOpcode === OPCODE.text ? sink.onText : sink.onBinary;
    fragments.length = 0;
    fragmentBytes = 0;
    fragmentOpcode = 0;
    tell(whole, 0, whole.length);
  }

  return {
    feed(chunk, length) {
      const bytes = cut.join(chunk, length);
      if (bytes === undefined || stopped) return;
      const end = bytes === chunk ? length : bytes.length;
      const done = parse(bytes, end);
      if (done < end && !stopped) cut.hold(bytes.subarray(done, end));
    },
    stop() {
      stopped = true;
    },
  };
}

/** Holds the beginning of a frame until the rest is there; joins once, however many pieces it comes in. */
function createHolder(least: number) {
  const held: Buffer[] = [];
  let heldBytes = 0;
  let needed = least;

  function hold(bytes: Buffer): void {
    held.push(Buffer.from(bytes));
    heldBytes += bytes.length;
  }

  return {
    need(bytes: number): void {
      needed = bytes;
    },
    hold,
    /** The chunk itself if nothing is held; else all together, or nothing yet. */
    join(chunk: Buffer, length: number): Buffer | undefined {
      if (heldBytes === 0) return chunk;
      hold(chunk.subarray(0, length));
      if (heldBytes < needed) return undefined;
      const all = Buffer.concat(held, heldBytes);
      held.length = 0;
      heldBytes = 0;
      return all;
    },
  };
}
