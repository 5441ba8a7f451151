import { entryBytes } from "../../../contract/sizes.js";
import type { RoomEntry } from "../../../contract/types.js";

/** The newest entries of an open room, contiguous up to its cursor. */
export interface MessageRing {
  /** Adds what follows the newest entry, ascending and without a gap. */
  push(entries: readonly RoomEntry[]): void;
  /** The entries above `seq`, or undefined when they are not all here. */
  since(seq: number): readonly RoomEntry[] | undefined;
  /** Must be called before a push that does not follow the newest entry, and when the room is closed. */
  clear(): void;
}

/** Makes rings that share one bound on their size: when it is passed, the rings used longest ago are emptied. */
export interface RingFamily {
  createRing(): MessageRing;
  /** Size of all rings together. */
  readonly bytes: number;
}

export function createRingFamily(limits: {
  readonly ringMessages: number;
  readonly ringBytes: number;
  readonly ringsBytes: number;
}): RingFamily {
  /** Rings that hold something, least recently used first, with their size. */
  const sizes = new Map<MessageRing, number>();
  let total = 0;

  function use(ring: MessageRing, bytes: number): void {
    total += bytes - (sizes.get(ring) ?? 0);
    sizes.delete(ring);
    if (bytes > 0) sizes.set(ring, bytes);
    for (const oldest of sizes.keys()) {
      if (total <= limits.ringsBytes) break;
      oldest.clear();
    }
  }

  function createRing(): MessageRing {
    let entries: RoomEntry[] = [];
    let entrySizes: number[] = [];
    let bytes = 0;

    const ring: MessageRing = {
      push(added) {
        for (const entry of added) {
          const size = entryBytes(entry);
          entries.push(entry);
          entrySizes.push(size);
          bytes += size;
        }
        let surplus = 0;
        while (entries.length - surplus > limits.ringMessages || bytes > limits.ringBytes) {
          bytes -= entrySizes[surplus] ?? 0;
          surplus += 1;
        }
        entries.splice(0, surplus);
        entrySizes.splice(0, surplus);
        use(ring, bytes);
      },
      since(seq) {
        const first = entries[0];
        if (first === undefined || first.seq > seq + 1) return undefined;
        const found = entries.slice(seq + 1 - first.seq);
        use(ring, bytes);
        return found;
      },
      clear() {
        entries = [];
        entrySizes = [];
        bytes = 0;
        use(ring, 0);
      },
    };

    return ring;
  }

  return {
    createRing,
    get bytes() {
      return total;
    },
  };
}
