import { OPCODE } from "../../../tools/loadtest/raw/frames.js";
import type { Prng } from "../../chaos/prng.js";
import type { Made } from "../case.js";
import type { Material } from "../material.js";
import { cut, mutated } from "./bytes.js";
import { connectPacket } from "./connect-packet.js";

/** What a frame says of itself, right or wrong. */
interface FrameSpec {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly isFinal?: boolean;
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** How the length is written: as short as can be, in 2 bytes, in 8 bytes, or another one than it is. */
  readonly length?: "short" | "two" | "eight" | bigint;
}

/** A frame as RFC 6455, section 5.2, has it, of whatever parts. */
export function frame(prng: Prng, spec: FrameSpec): Buffer {
  const { opcode, payload, isFinal = true, reserved = 0, isMasked = true, length = "short" } = spec;
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const size = typeof length === "bigint" ? length : BigInt(payload.length);
  const isTwo = length === "two" || (length === "short" && size > 125n && size < 65_536n);
  const isEight = length === "eight" || typeof length === "bigint" || (length === "short" && size > 65_535n);
  const tail = Buffer.alloc(isEight ? 8 : isTwo ? 2 : 0);
  if (isEight) tail.writeBigUInt64BE(BigInt.asUintN(64, size));
  else if (isTwo) tail.writeUInt16BE(Number(size) & 0xffff);
  const second = (isMasked ? 0x80 : 0) | (isEight ? 127 : isTwo ? 126 : Number(size));
  if (!isMasked) return Buffer.concat([Buffer.from([first, second]), tail, payload]);
  const mask = Buffer.from(Array.from({ length: 4 }, () => prng.int(0, 255)));
  const masked = Buffer.from(payload);
  for (let at = 0; at < masked.length; at += 1) masked[at] = (masked[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return Buffer.concat([Buffer.from([first, second]), tail, mask, masked]);
}

export function textFrame(prng: Prng, text: string | Buffer): Buffer {
  return typeof text === "string"
    ? frame(prng, { opcode: OPCODE.text, payload: Buffer.from(text) })
    : frame(prng, { opcode: OPCODE.binary, payload: text });
}

const PACKETS = ["3", "2", "3", '42["leave",{"room":"room-1"}]', '42["join",{"room":"room-1"}]', "4", "6"];
/** Without 1011: a server returns the code that it gets (RFC 6455, 5.5.1), and of its own accord says so that it has failed. */
const CLOSE_CODES = [
  0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1009, 1015, 1016, 2999, 3000, 4999, 5000, 65_535,
];
const NO_UTF8 = ["c328", "a0a1", "e28228", "f0288cbc", "eda080", "c080", "f4908080", "ff", "e2", "34c3"];

/** Frames that are as they should be. A message may come in several, with others of control between them. */
function rightFrames(prng: Prng): Buffer[] {
  const message = Buffer.from(prng.pick(PACKETS));
  const control = prng.pick([OPCODE.ping, OPCODE.pong]);
  const other = (): Buffer => frame(prng, { opcode: control, payload: Buffer.alloc(prng.pick([0, 1, 125])) });
  if (prng.chance(0.2)) return [other()];
  if (prng.chance(0.6)) return [textFrame(prng, message)];
  const middle = prng.int(0, message.length);
  const parts = [message.subarray(0, middle), message.subarray(middle)];
  if (prng.chance(0.3)) parts.push(Buffer.alloc(0));
  return parts.flatMap((payload, index) => {
    const isFinal = index === parts.length - 1;
    const piece = frame(prng, { opcode: index === 0 ? OPCODE.text : OPCODE.continuation, payload, isFinal });
    return prng.chance(0.2) ? [piece, ...(isFinal ? [] : [other()])] : [piece];
  });
}

const text = (payload: string): FrameSpec => ({ opcode: OPCODE.text, payload: Buffer.from(payload) });

/** Each is one mistake, or what lies at the edge of one. */
const WRONG: readonly ((prng: Prng) => FrameSpec)[] = [
  (prng) => ({ ...text("3"), opcode: prng.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) }),
  (prng) => ({ ...text("3"), reserved: prng.int(1, 7) }),
  () => ({ ...text("3"), isMasked: false }),
  (prng) => ({ ...text("3"), length: prng.pick(["two", "eight"]) }),
  (prng) => ({
    ...text("3"),
    length: prng.pick([0n, 2n, 126n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]),
  }),
  (prng) => ({ ...text("3"), opcode: OPCODE.continuation, isFinal: prng.chance(0.5) }),
  () => ({ ...text("4"), isFinal: false }),
  (prng) => ({ opcode: prng.pick([8, 9, 10]), payload: Buffer.alloc(prng.pick([126, 65_536])) }),
  (prng) => ({ opcode: prng.pick([8, 9, 10]), payload: Buffer.alloc(2), isFinal: false }),
  (prng) => ({ opcode: OPCODE.text, payload: Buffer.from(`34${prng.pick(NO_UTF8)}`, "hex") }),
  (prng) => ({ opcode: OPCODE.binary, payload: Buffer.alloc(prng.pick([0, 1, 2000, 70_000])) }),
  (prng) => ({ ...text("x".repeat(prng.pick([1, 125, 126, 65_535, 65_536, 210_000]))) }),
  (prng) => closing(prng, prng.pick(CLOSE_CODES)),
  () => ({ opcode: OPCODE.close, payload: Buffer.alloc(1) }),
  () => ({ opcode: OPCODE.close, payload: Buffer.alloc(0) }),
];

function closing(prng: Prng, code: number): FrameSpec {
  const reason = prng.pick(["", "bye", "x".repeat(123), "c328"]);
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason, reason === "c328" ? "hex" : "utf8")]);
  payload.writeUInt16BE(code);
  return { opcode: OPCODE.close, payload };
}

/** More pieces of one message than anybody takes. */
function splinters(prng: Prng): Buffer[] {
  const first = frame(prng, { ...text("4"), isFinal: false });
  const more = frame(prng, { opcode: OPCODE.continuation, payload: Buffer.alloc(0), isFinal: false });
  return [first, ...Array.from({ length: 300 }, () => more)];
}

/** WebSocket frames, right and wrong, each a case's last but for those that nobody minds. */
export function frames(prng: Prng, material: Material): Made {
  const proof = material.proofs.token(prng);
  const all: Buffer[] = [];
  for (let left = prng.int(1, 12); left > 0; left -= 1) all.push(...rightFrames(prng));
  if (prng.chance(0.02)) all.push(...splinters(prng));
  else if (prng.chance(0.7)) all.push(frame(prng, prng.pick(WRONG)(prng)));
  if (prng.chance(0.3)) all.push(...rightFrames(prng));
  const bytes = Buffer.concat(all);
  return {
    proof: proof.kind,
    inputs: all.length,
    way: {
      via: "websocket",
      head: webSocketHead(prng),
      connect: connectPacket(prng, proof),
      writes: cut(prng, prng.chance(0.2) ? mutated(prng, bytes) : bytes),
      isEager: prng.chance(0.2),
      acks: new Map(),
    },
  };
}

const HEADS = [
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
  "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
  "Sec-WebSocket-Extensions: x-unknown; a=1, ;;",
  "Sec-WebSocket-Protocol: chat, superchat",
  "Sec-WebSocket-Protocol: chat, chat",
  ...[
    "Sec-WebSocket-Version: 99",
    "Sec-WebSocket-Key: x",
    "Origin: null",
    "Origin: http://elsewhere.example",
  ],
  ...["Content-Length: 3", "Transfer-Encoding: chunked", "Cookie: a=b; io=x"],
];

/** The request that opens a WebSocket of Engine.IO; an odd one now and then. */
export function webSocketHead(prng: Prng, query = ""): string {
  const key = prng.pick(["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA=="]);
  const lines = ["Host: shoal", "Connection: Upgrade", "Upgrade: websocket"];
  lines.push("Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${key}`);
  if (prng.chance(0.08)) lines.splice(prng.int(0, lines.length - 1), prng.int(0, 1), prng.pick(HEADS));
  return `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}
