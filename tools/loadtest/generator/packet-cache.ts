const SLOTS = 256;
const HASHED_BYTES = 128;

interface Entry<T> {
  readonly bytes: Buffer;
  readonly value: T;
}

/**
 * Parses equal packets once: what a room gets comes to every connection of the process in the same bytes. Keeps the
 * last packet of each of 256 slots; `parse` gets the text of bytes [start, end).
 */
export function createPacketCache<T>(
  parse: (text: string) => T,
): (bytes: Buffer, start: number, end: number) => T {
  const entries: (Entry<T> | undefined)[] = new Array(SLOTS).fill(undefined);
  return (bytes, start, end) => {
    let hash = end - start;
    const stop = Math.min(end, start + HASHED_BYTES);
    for (let at = start; at < stop; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const found = entries[slot];
    if (found !== undefined && bytes.compare(found.bytes, 0, found.bytes.length, start, end) === 0) {
      return found.value;
    }
    const own = Buffer.from(bytes.subarray(start, end));
    const value = parse(own.toString());
    entries[slot] = { bytes: own, value };
    return value;
  };
}
