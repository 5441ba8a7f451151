import { AppError } from "../../contract/errors.js";
import type { RevocationControl } from "../../contract/revocations.js";
import type { Config } from "../config/config.js";
import type { WorkerMetrics } from "../metrics/worker-metrics.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { Io } from "../realtime/io.js";
import { createRevocationBus, NO_OTHERS_TO_RING } from "../realtime/revocation-bus.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { systemClock } from "../rooms/ports.js";
import { setUpStore } from "../stores/store-set-up.js";
import type { RevocationStore } from "../trust/revocation/revocation-store.js";
import { createRevocations, type Revocations } from "../trust/revocation/revocations.js";

/** Who is not let in any more although his token is good. */
export interface TokenRevocations {
  readonly control: RevocationControl;
  readonly check: Revocations["check"];
  /** For who is in already; undefined where nobody has a token. */
  readonly list: Pick<Revocations, "verdictOf" | "onLook" | "ageMs"> | undefined;
  /** Starts before anybody is let in. */
  readonly component: Component;
}

/** What they are made of. */
interface TokenRevocationParts {
  readonly config: Config;
  /** Absent where nobody has a token. */
  readonly store: RevocationStore | undefined;
  readonly io: Io;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  readonly metrics: Pick<WorkerMetrics, "revocations">;
  readonly log: Logger;
}

/** Puts the revocations together: records in the store, the adapter as doorbell. */
export function createTokenRevocations(parts: TokenRevocationParts): TokenRevocations {
  const { config, store, io, link, metrics, log } = parts;
  if (config.auth.kind === "none" || store === undefined) return NO_TOKENS;
  const revocations = createRevocations({
    ...{ store, clock: systemClock(), maxTtlS: config.auth.maxTtlS },
    bus: link === undefined ? NO_OTHERS_TO_RING : createRevocationBus(io, link),
    observer: {
      failed: (error) => log.warn({ err: error }, "revocations cannot be read: after 60 s nobody is let in"),
      over: () => log.info("revocations are up to date again"),
      notRemoved: (error) => log.warn({ err: error }, "revocations that are over cannot be removed"),
      refused: metrics.revocations.refused,
    },
  });
  metrics.revocations.show(revocations);
  return {
    ...{ control: revocations, check: revocations.check, list: revocations },
    component: { ...revocations, start: () => setUpStore("list of revocations", revocations.start) },
  };
}

/** Of users who are who they say they are. */
const NO_TOKENS: TokenRevocations = {
  control: { revoke: refuse, page: refuse },
  check() {},
  list: undefined,
  component: { name: "revocations", start: async () => {}, stop: async () => {} },
};

async function refuse(): Promise<never> {
  throw new AppError("invalid", "AUTH is none: there are no tokens to revoke");
}
