import { entryBytes } from "../../../contract/sizes.js";
import type { RoomEntry } from "../../../contract/types.js";

/** Size of what all open rooms of a worker hold back, because it came before something else or before the room was read. */
export class HeldBytes {
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts an entry; false when it finds no place. */
  take(entry: RoomEntry): boolean {
    const bytes = entryBytes(entry);
    if (this.#bytes + bytes > this.#limit) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Counts an entry, place or not. */
  force(entry: RoomEntry): void {
    this.#bytes += entryBytes(entry);
  }

  /** Frees the place of an entry that is not held any more. */
  give(entry: RoomEntry): void {
    this.#bytes -= entryBytes(entry);
  }
}
