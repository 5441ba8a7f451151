import type { RightsScope } from "../../../contract/access.js";
import type { Component } from "../../process/lifecycle.js";
import type { Clock } from "../../rooms/ports.js";
import type { RecheckNote, RecheckStore } from "./recheck-store.js";

/** Time between two looks, in milliseconds. */
const LOOK_MS = 2000;
/**
 * How far back each look goes, in milliseconds: more than a write takes that is acknowledged, and than the clocks of a replica set's
 * members may differ.
 */
const OVERLAP_MS = 30_000;
/** MongoDB's clock was set when it has moved by this against a steady one from one look to the next, in milliseconds. */
const SET_MS = OVERLAP_MS / 2;
/** After longer without a look notes may be gone, in milliseconds. */
const BLIND_MS = 8 * 60_000;
/** Notes of one look; what is beyond it is one recheck of everything. */
const MOST_NOTES = 2000;
/** How long it is remembered that a note was dealt with, in milliseconds: longer than looks go back. */
const REMEMBERED_MS = 10 * 60_000;

/** Rechecks that were asked for elsewhere, also while the bus is away. */
export interface RecheckNotes extends Component {
  /** This note was dealt with on this worker. */
  known(id: string): void;
}

interface RecheckNotesParts {
  readonly store: Pick<RecheckStore, "between" | "date">;
  readonly clock: Pick<Clock, "now" | "later">;
  /** Rights of this scope may have ended. */
  readonly ended: (scope: RightsScope) => void;
  /** Told once that notes cannot be read, and once that they can be again. */
  readonly failed: (error: unknown) => void;
  readonly over: () => void;
}

/** Looks every 2 s, which is a query by an id and one by an index. So a recheck is heard of within 2 s and that query, whatever becomes of the bus. */
export function createRecheckNotes({ store, clock, ended, failed, over }: RecheckNotesParts): RecheckNotes {
  /** When each note was dealt with, by this process's clock; the oldest first. */
  const dealtWith = new Map<string, number>();
  /** By MongoDB's clock; unknown before the first look. */
  let newestMs: number | undefined;
  /** When the last look was, by this process's clock and by MongoDB's. */
  let lookedAtMs = 0;
  let lookedAtDateMs: number | undefined;
  let isFailing = false;
  let stopped = false;
  let cancel = (): void => {};

  function known(id: string): void {
    const nowMs = clock.now();
    dealtWith.set(id, nowMs);
    for (const [oldest, atMs] of dealtWith) {
      if (nowMs - atMs < REMEMBERED_MS) break;
      dealtWith.delete(oldest);
    }
  }

  function takeNew(notes: readonly RecheckNote[]): RecheckNote[] {
    const fresh = notes.filter(({ id }) => !dealtWith.has(id));
    for (const { id } of fresh) known(id);
    return fresh;
  }

  async function look(): Promise<void> {
    const beganMs = clock.now();
    const dateMs = await store.date();
    const passedMs = beganMs - lookedAtMs;
    // Notes of later may have times of before, and those of a time ahead say nothing.
    const isSet = Math.abs(dateMs - (lookedAtDateMs ?? dateMs - passedMs) - passedMs) > SET_MS;
    // The first look goes back to the start only if it comes soon.
    const isBlind = isSet || passedMs > (newestMs === undefined ? OVERLAP_MS / 2 : BLIND_MS);
    if (newestMs === undefined || isSet) newestMs = dateMs;
    const notes = await store.between(newestMs - OVERLAP_MS, dateMs + OVERLAP_MS, MOST_NOTES);
    const isTooMany = notes.length === MOST_NOTES;
    newestMs = isTooMany ? dateMs : Math.max(newestMs, notes.at(-1)?.atMs ?? 0);
    lookedAtMs = beganMs;
    lookedAtDateMs = dateMs;
    if (stopped) return;
    const fresh = takeNew(notes);
    if (isBlind || isTooMany) ended({});
    else for (const note of fresh) ended(note);
  }

  async function turn(): Promise<void> {
    try {
      await look();
      if (isFailing && !stopped) over();
      isFailing = false;
    } catch (error) {
      if (!isFailing && !stopped) failed(error);
      isFailing = true;
    }
    if (!stopped) cancel = clock.later(LOOK_MS, () => void turn());
  }

  return {
    name: "recheck notes",
    async start() {
      lookedAtMs = clock.now();
      cancel = clock.later(LOOK_MS, () => void turn());
    },
    async stop() {
      stopped = true;
      cancel();
    },
    known,
  };
}
