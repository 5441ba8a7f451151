import type { Prng } from "../../chaos/prng.js";

/** Bytes that parsers treat in a way of their own. */
const MAGIC = [
  0x00, 0x0a, 0x0d, 0x1e, 0x20, 0x22, 0x2c, 0x2d, 0x3a, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0xc3, 0xff,
];

/** A copy with one to eight small changes. */
export function mutated(prng: Prng, bytes: Buffer): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = prng.pick([1, 1, 1, 2, 4, 8]); left > 0; left -= 1) changed = mutatedOnce(prng, changed);
  return changed;
}

function mutatedOnce(prng: Prng, bytes: Buffer): Buffer {
  const at = prng.int(0, Math.max(0, bytes.length - 1));
  const end = Math.min(bytes.length, at + prng.pick([1, 1, 2, 4, 16, 64]));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (prng.int(0, 6)) {
    case 0: // flip a bit
      return Buffer.concat([before, Buffer.from(part).map(flip(prng.int(0, 7))), after]);
    case 1:
      return Buffer.concat([before, Buffer.from([prng.pick(MAGIC)]), after]);
    case 2:
      return Buffer.concat([before, Buffer.from([prng.pick(MAGIC)]), part, after]);
    case 3: // leave out
      return Buffer.concat([before, after]);
    case 4: // twice
      return Buffer.concat([before, part, part, after]);
    case 5: // another byte altogether
      return Buffer.concat([before, Buffer.from([prng.int(0, 255)]), after]);
    default: // cut off, now and then
      return prng.chance(0.2)
        ? before
        : Buffer.concat([before, part, Buffer.from([prng.int(0, 255)]), after]);
  }
}

/** Flips a bit of the first byte only. */
function flip(bit: number): (byte: number, index: number) => number {
  return (byte, index) => (index === 0 ? byte ^ (1 << bit) : byte);
}

/** The same bytes in one to three pieces. */
export function cut(prng: Prng, bytes: Buffer): Buffer[] {
  const cuts = Array.from({ length: prng.pick([0, 0, 0, 1, 2]) }, () => prng.int(0, bytes.length));
  const ends = [0, ...cuts.sort((one, other) => one - other), bytes.length];
  return ends.slice(1).flatMap((end, index) => {
    const piece = bytes.subarray(ends[index], end);
    return piece.length === 0 ? [] : [piece];
  });
}
