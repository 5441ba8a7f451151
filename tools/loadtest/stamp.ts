/** What a message of the load test begins with; found in the bytes of a frame without parsing it. */
const MARK = "~shoal-load~";
const MARK_BYTES = Buffer.from(MARK);
const FIRST = MARK_BYTES[0];
const DIGITS = 15;

/** Size of the smallest body, in bytes. */
export const STAMP_BYTES = MARK.length + DIGITS;

/** A body of `bytes` ASCII characters (at least STAMP_BYTES) that carries a time of `nowUs`. */
export function createBodies(bytes: number): (timeUs: number) => string {
  const rest = "x".repeat(Math.max(0, bytes - STAMP_BYTES));
  return (timeUs) => MARK + String(Math.floor(timeUs)).padStart(DIGITS, "0") + rest;
}

/** The time in a body, NaN if it carries none. */
export function timeOf(body: unknown): number {
  if (typeof body !== "string" || !body.startsWith(MARK)) return Number.NaN;
  return Number(body.slice(MARK.length, STAMP_BYTES));
}

/**
 * Finds the time in the bytes [start, end) of a packet; NaN if there is none. Packets of one kind have it at the same
 * place, so it looks there first, and searches only if it is not.
 */
export function createStampReader(): (bytes: Buffer, start: number, end: number) => number {
  let offset = 0;
  return (bytes, start, end) => {
    if (!isMark(bytes, start + offset, end)) {
      const found = bytes.subarray(start, end).indexOf(MARK_BYTES);
      if (found < 0 || start + found + STAMP_BYTES > end) return Number.NaN;
      offset = found;
    }
    let time = 0;
    const first = start + offset + MARK_BYTES.length;
    for (let at = first; at < first + DIGITS; at += 1) time = time * 10 + (bytes[at] ?? 0) - 48;
    return time;
  };
}

function isMark(bytes: Buffer, at: number, end: number): boolean {
  if (bytes[at] !== FIRST || at + STAMP_BYTES > end) return false;
  for (let index = 1; index < MARK_BYTES.length; index += 1) {
    if (bytes[at + index] !== MARK_BYTES[index]) return false;
  }
  return true;
}
