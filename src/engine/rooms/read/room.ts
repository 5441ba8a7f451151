import { numbers } from "../../../contract/sizes.js";
import type { RoomEntry } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import type { Clock, Deliver, Report, RoomObserver } from "../ports.js";
import type { RoomHead } from "../room-store.js";
import type { HoleFiller } from "../write/hole-filler.js";
import { EarlyEntries } from "./early-entries.js";
import type { HeldBytes } from "./held-bytes.js";
import type { HistoryReader } from "./history-reader.js";
import { Holes } from "./holes.js";
import { LogView } from "./log-view.js";

/** Longest wait between two reads for a gap: once a read has found it in the log, too, and before, while reads fail. */
const SLOWEST_POLL_MS = 250;
const SLOWEST_RETRY_MS = 1_000;

export interface RoomDeps {
  readonly reader: HistoryReader;
  readonly filler: HoleFiller;
  readonly clock: Clock;
  readonly deliver: Deliver;
  readonly report: Report;
  readonly observer?: RoomObserver | undefined;
  /** Reads where the room's log stands. */
  readonly readView: (name: string) => Promise<LogView>;
  /** Shared by all rooms. */
  readonly held: HeldBytes;
}

/**
 * A room that this worker follows: makes of entries that come unordered, repeated and with gaps one complete ordered stream
 * for local members. Its state changes only in here. After each wait the room may be closed or have another view.
 */
export class Room {
  readonly name: string;
  readonly #deps: RoomDeps;
  readonly #limits: RoomLimits;
  /** Undefined until the first read of the store is done. */
  #view: LogView | undefined;
  #ready: Promise<LogView>;
  /** What came before there was a view. */
  readonly #early: EarlyEntries;
  #closed = false;
  readonly #holes: Holes;
  /** Reads made in vain for the current gap. */
  #polls = 0;
  #cancelPoll: (() => void) | undefined;
  #pulling: Promise<void> | undefined;
  #restarting: Promise<void> | undefined;
  /** Whether the room's record is being read for its epoch, and is to be read once more after that. */
  #doubt: "none" | "reading" | "again" = "none";

  constructor(name: string, first: LogView | Promise<LogView>, deps: RoomDeps, limits: RoomLimits) {
    this.name = name;
    this.#deps = deps;
    this.#limits = limits;
    this.#early = new EarlyEntries(limits.bufferedMessages, deps.held);
    this.#holes = new Holes(deps.clock, limits);
    this.#view = first instanceof LogView ? first : undefined;
    this.#ready = first instanceof LogView ? Promise.resolve(first) : this.#begin(first);
  }

  get view(): LogView | undefined {
    return this.#view;
  }

  /** Resolves with the current view; rejects when the first read of the store has failed. */
  get ready(): Promise<LogView> {
    return this.#ready;
  }

  /** Takes committed entries. Those of another log are dropped, and the store is asked which of the two is the room's. */
  offer(epoch: string, entries: readonly RoomEntry[]): void {
    const view = this.#view;
    if (view === undefined) {
      this.#early.add(epoch, entries);
    } else if (epoch === view.epoch) {
      this.#pass(view, view.take(entries));
      this.#watch();
    } else {
      this.#deps.observer?.refused();
      this.#askForEpoch();
    }
  }

  /** Reads the store from the cursor to its end; calls at the same time share one. Rejects when the store does. */
  pull(): Promise<void> {
    this.#pulling ??= this.#readOn().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  /** Looks whether the log is still the same one, and gets a new view if not. */
  async verify(): Promise<void> {
    const head = (await this.#deps.reader.heads([this.name])).get(this.name);
    if (head?.epoch !== this.#view?.epoch) await this.#restart();
  }

  /** Makes up for what the bus did not tell, once the room's record was read. */
  async catchUp(head: RoomHead): Promise<void> {
    const view = this.#view;
    if (view === undefined || this.#closed) return;
    if (view.epoch !== head.epoch) return await this.#restart();
    view.raiseFloor(head.floor);
    const { last } = view;
    if (head.seq > last) await this.pull();
    if (view.last > last) this.#deps.observer?.repaired();
    if (!this.#isAt(view)) return;
    // Nothing is left to be read there: the log was trimmed down to its end.
    if (head.floor > view.last) this.#skipTrimmed(view, head.floor);
    if (this.#holes.isTailDue(view, head.seq)) {
      await this.#deps.filler.fill(view, numbers(view.last + 1, head.seq, this.#limits.fillNumbers));
      await this.pull();
    }
    this.#watch();
  }

  /** Ends all timers and frees the memory. What still runs delivers nothing more. */
  close(): void {
    this.#closed = true;
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
    this.#view?.release();
    this.#early.takeAll();
  }

  async #begin(first: Promise<LogView>): Promise<LogView> {
    const view = await first;
    this.#view = view;
    for (const { epoch, entries } of this.#early.takeAll()) this.offer(epoch, entries);
    this.#watch();
    if (this.#early.overflowed) {
      this.pull().catch((error: unknown) => this.#deps.report("opening a room", error));
    }
    return view;
  }

  #isAt(view: LogView): boolean {
    return !this.#closed && this.#view === view;
  }

  /** Delivers a run that the view has just returned. */
  #pass(view: LogView, run: readonly RoomEntry[]): void {
    if (run.length === 0) return;
    this.#holes.forgetGap();
    this.#polls = 0;
    for (const batch of view.batches(run, this.#limits)) this.#deps.deliver(batch);
  }

  /** Moves the cursor over what retention has removed, and lets clients find out that they missed it. */
  #skipTrimmed(view: LogView, floor: number): void {
    const run = view.skipTo(floor);
    this.#holes.forgetGap();
    this.#deps.deliver(view.mark(floor));
    this.#pass(view, run);
  }

  /** Sees to it that the store is asked soon when entries are missing. Cheap; called after every change. */
  #watch(): void {
    const { clock, observer, report } = this.#deps;
    if (this.#closed || this.#cancelPoll !== undefined || this.#view?.isBehind !== true) return;
    const slowest = this.#holes.isGapKnown ? SLOWEST_POLL_MS : SLOWEST_RETRY_MS;
    const waitMs = Math.min(slowest, this.#limits.gapMs * 2 ** this.#polls);
    this.#cancelPoll = clock.later(waitMs, () => {
      if (this.#polls === 0 && this.#view?.isBehind === true) observer?.repaired();
      this.#polls += 1;
      this.pull()
        .catch((error: unknown) => report("gap repair", error))
        .finally(() => {
          this.#cancelPoll = undefined;
          this.#watch();
        });
    });
  }

  async #readOn(): Promise<void> {
    const limit = { messages: this.#limits.pageMessages, bytes: this.#limits.pageBytes };
    for (;;) {
      const view = this.#view;
      if (view === undefined || this.#closed) return;
      const { last } = view;
      view.clearOverflow();
      const page = await this.#deps.reader.after(view, last, limit);
      if (!this.#isAt(view)) continue;
      if (page === undefined) return this.#askForEpoch();
      this.#pass(view, view.take(page.entries));
      if (page.more && view.last > last) continue;
      if (view.waiting === 0 || !(await this.#mendGap(view))) return;
    }
  }

  /** Decides a hole that has been there long enough. True when it is worth reading again. */
  async #mendGap(view: LogView): Promise<boolean> {
    const below = this.#holes.gapDueBelow(view);
    if (below === undefined) return false;
    const head = (await this.#deps.reader.heads([this.name])).get(this.name);
    if (!this.#isAt(view)) return false;
    if (head !== undefined && head.epoch === view.epoch && head.floor > view.last) {
      this.#skipTrimmed(view, head.floor);
      return true;
    }
    let missing: readonly number[];
    do {
      // All of it has waited as long as its first number. Where a message was faster, it has to be read first.
      missing = view.missing(below, this.#limits.fillNumbers);
      await this.#deps.filler.fill(view, missing);
    } while (this.#isAt(view) && view.last >= (missing.at(-1) ?? Infinity));
    this.#holes.forgetGap();
    return true;
  }

  /** Either some entries or the view are of a replaced log. One read at a time, however many entries come. */
  #askForEpoch(): void {
    const isReading = this.#doubt !== "none";
    this.#doubt = isReading ? "again" : "reading";
    if (isReading) return;
    this.verify()
      .catch((error: unknown) => this.#deps.report("another log", error))
      .finally(() => {
        const again = this.#doubt === "again" && !this.#closed;
        this.#doubt = "none";
        if (again) this.#askForEpoch();
      });
  }

  #restart(): Promise<void> {
    this.#restarting ??= this.#readAnew().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  /** The log was replaced, by an operator's restore: members learn it from an event of the new epoch. */
  async #readAnew(): Promise<void> {
    const old = this.#view;
    const view = await this.#deps.readView(this.name);
    if (this.#closed || this.#view !== old || view.epoch === old?.epoch) return view.release();
    old?.release();
    this.#view = view;
    this.#ready = Promise.resolve(view);
    this.#holes.forget();
    this.#deps.deliver(view.mark(view.last));
    // What the bus brought during the read went to the old view.
    await this.pull();
    this.#watch();
  }
}
