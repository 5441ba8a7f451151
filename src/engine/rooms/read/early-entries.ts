import type { RoomEntry } from "../../../contract/types.js";
import type { HeldBytes } from "./held-bytes.js";

interface Early {
  readonly epoch: string;
  readonly entries: readonly RoomEntry[];
}

/** What came before a room was read. */
export class EarlyEntries {
  readonly #maxMessages: number;
  readonly #held: HeldBytes;
  #parts: Early[] = [];
  #messages = 0;
  #overflowed = false;

  constructor(maxMessages: number, held: HeldBytes) {
    this.#maxMessages = maxMessages;
    this.#held = held;
  }

  /** True when entries were dropped because too many are held; they have to be read from the store. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  add(epoch: string, entries: readonly RoomEntry[]): void {
    const kept: RoomEntry[] = [];
    for (const entry of entries) {
      if (this.#messages === this.#maxMessages || !this.#held.take(entry)) {
        this.#overflowed = true;
        break;
      }
      this.#messages += 1;
      kept.push(entry);
    }
    if (kept.length > 0) this.#parts.push({ epoch, entries: kept });
  }

  /** Hands over what is held, and holds nothing. */
  takeAll(): readonly Early[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#messages = 0;
    for (const { entries } of parts) for (const entry of entries) this.#held.give(entry);
    return parts;
  }
}
