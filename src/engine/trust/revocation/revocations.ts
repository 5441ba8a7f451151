import { AppError } from "../../../contract/errors.js";
import type { Passport } from "../../../contract/passport.js";
import type { RevocationControl } from "../../../contract/revocations.js";
import { type Component, compose } from "../../process/lifecycle.js";
import type { Clock } from "../../rooms/ports.js";
import { createDatabaseClock } from "./database-clock.js";
import { createEndedRevocations } from "./ended-revocations.js";
import { longestMs, REVOCATION_LIMITS } from "./limits.js";
import type { RevocationBus, RevocationObserver } from "./ports.js";
import { createRevocationList, type Verdict } from "./revocation-list.js";
import { createRevocationReader } from "./revocation-reader.js";
import type { RevocationStore } from "./revocation-store.js";
import { createRevoke } from "./revoke.js";

/** Who is not let in any more, as this worker knows it. */
export interface Revocations extends Component, RevocationControl {
  /**
   * Whether somebody may come in with this.
   * @throws {AppError} `token_revoked`; `temporary` when that is not known, as the list is too old.
   */
  check(passport: Passport): void;
  /** The same for who is in already, however old the list is. */
  verdictOf(passport: Passport): Verdict;
  /** Calls back after each look. The returned function ends it. */
  onLook(handler: () => void): () => void;
  /** Age of the list, in milliseconds. */
  ageMs(): number;
  /** Targets that are known. */
  size(): number;
}

/** What they are made of. */
interface RevocationParts {
  readonly store: RevocationStore;
  readonly bus: RevocationBus;
  readonly clock: Clock;
  /** Longest life of a token that is taken, in seconds. */
  readonly maxTtlS: number;
  readonly observer: RevocationObserver;
}

/**
 * A list in memory, which is read before anybody is let in, every 5 s, and when another worker has written. So a revocation holds everywhere
 * within 6 s of its acknowledgement, whatever becomes of the bus, while MongoDB answers. A list that is older than 60 s lets nobody new in.
 */
export function createRevocations(parts: RevocationParts, limits = REVOCATION_LIMITS): Revocations {
  const { store, bus, clock, maxTtlS, observer } = parts;
  const keptMs = longestMs(maxTtlS, limits);
  const list = createRevocationList(clock, keptMs);
  const databaseClock = createDatabaseClock(clock, keptMs, limits);
  const reader = createRevocationReader(store, list, clock, databaseClock, limits);
  const revoke = createRevoke(store, clock, maxTtlS, limits);
  const handlers = new Set<() => void>();
  let seenAtMs = Number.NEGATIVE_INFINITY;
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let isLooking = false;
  let isRung = false;
  let isFailing = false;
  let isStopped = false;
  let cancel = (): void => {};
  let stopHearing = (): void => {};

  async function look(): Promise<void> {
    isRung = false;
    startedAtMs = clock.now();
    const beganAtMs = startedAtMs;
    await reader.read();
    if (isStopped) return;
    seenAtMs = beganAtMs;
    for (const handler of handlers) handler();
  }

  function told(isBroken: boolean, error?: unknown): void {
    if (isStopped) return;
    if (isBroken && !isFailing) observer.failed(error);
    if (!isBroken && isFailing) observer.over();
    isFailing = isBroken;
  }

  async function turn(): Promise<void> {
    isLooking = true;
    await look().then(
      () => told(false),
      (error: unknown) => told(true, error),
    );
    isLooking = false;
    const { retryMs, pauseMs, lookEveryMs } = limits;
    lookIn(isFailing ? retryMs : isRung ? pauseMs : lookEveryMs);
  }

  /** So long after the beginning of the last look. */
  function lookIn(ms: number): void {
    if (isStopped) return;
    cancel();
    cancel = clock.later(startedAtMs + ms - clock.now(), () => void turn());
  }

  function ring(): void {
    isRung = true;
    if (!isLooking && !isFailing) lookIn(limits.pauseMs);
  }

  const looks: Component = {
    name: "revocation list",
    async start() {
      await look();
      stopHearing = bus.onRing(ring);
      lookIn(limits.lookEveryMs);
    },
    async stop() {
      isStopped = true;
      stopHearing();
      cancel(); // what is under way ends by itself, and tells nobody
    },
  };

  const removal = createEndedRevocations({ store, clock, databaseClock, observer }, limits.removeEveryMs);

  return {
    ...compose("revocations", [looks, removal]),
    async revoke(request) {
      const receipt = await revoke(request);
      bus.ring();
      ring();
      return receipt;
    },
    page: store.page,
    check(passport) {
      if (passport.token === undefined) return;
      if (list.verdictOf(passport) !== "valid") {
        observer.refused("revoked");
        throw new AppError("token_revoked");
      }
      if (clock.now() - seenAtMs > limits.staleMs) {
        observer.refused("stale");
        throw new AppError("temporary", "It cannot be known right now whether this token was revoked");
      }
    },
    verdictOf: list.verdictOf,
    onLook(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    ageMs: () => clock.now() - seenAtMs,
    size: () => list.size,
  };
}
