import { randomBytes } from "node:crypto";
import type { Decide, Rights, RightsScope } from "../../contract/access.js";
import type { EventStreams } from "../http/event-streams.js";
import type { RightsMetrics } from "../metrics/types.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { Io } from "../realtime/io.js";
import { type Admittance, createAdmittance } from "../realtime/rights/admittance.js";
import { createHoldings } from "../realtime/rights/holdings.js";
import { createJudge } from "../realtime/rights/judge.js";
import { createRechecks, type Rechecks } from "../realtime/rights/rechecks.js";
import { createRightsBus } from "../realtime/rights/rights-bus.js";
import { createRightsSweep } from "../realtime/rights/sweep.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { systemClock } from "../rooms/ports.js";
import { createRecheckNotes } from "../trust/rights/recheck-notes.js";
import type { RecheckNote, RecheckStore } from "../trust/rights/recheck-store.js";
import type { Rules } from "../trust/rules.js";

/** The rights of connections that live, in one worker. */
export interface LiveRights {
  readonly admittance: Admittance;
  readonly rechecks: Rechecks;
  /** What features get. */
  readonly access: Rights;
  /** Listens to the other workers. Starts after the bus and before anybody is served. */
  readonly component: Component;
}

/** What they are made of. */
export interface LiveRightsParts {
  readonly io: Io;
  readonly streams: Pick<EventStreams, "recheck">;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  readonly decide: Decide;
  readonly rules: Pick<Rules, "forget">;
  readonly store: RecheckStore;
  readonly roomsPerSocket: number;
  /** Time between two questions about everything that connections have; 0: never. */
  readonly sweepMs: number;
  readonly metrics: RightsMetrics;
  readonly log: Logger;
}

export function createLiveRights(parts: LiveRightsParts): LiveRights {
  const { io, streams, link, decide, rules, store, sweepMs, metrics, log } = parts;
  const report = (error: unknown): void => log.error({ err: error }, "a rule of access failed");
  const admittance = createAdmittance(parts.roomsPerSocket);
  const judge = createJudge({ decide, admittance, metrics, report });
  const rechecks = createRechecks(createHoldings(io, admittance), judge);
  const bus = createRightsBus(io, link);
  let offTold = (): void => {};

  async function ended(scope: RightsScope): Promise<void> {
    rules.forget(scope);
    await Promise.all([rechecks.ended(scope), streams.recheck(scope)]);
  }

  const notes = createRecheckNotes({
    ...{ store, clock: systemClock() },
    ended: (scope) => void ended(scope),
    failed: (error) => log.warn({ err: error }, "rechecks of other workers cannot be read"),
    over: () => log.info("rechecks of other workers are read again"),
  });

  /** Of another worker. Who hears of it twice asks once. */
  function hear(note: RecheckNote): void {
    notes.known(note.id);
    void ended(note);
  }

  async function recheck(scope: RightsScope): Promise<void> {
    const note = { ...scope, id: randomBytes(12).toString("hex") };
    notes.known(note.id);
    bus.tell(note);
    // Both to the end: what is not noted down is done here all the same.
    const [noted] = await Promise.allSettled([store.add(note), ended(scope)]);
    if (noted.status === "rejected") throw noted.reason;
  }

  const ear: Component = {
    name: "rights bus",
    async start() {
      offTold = bus.onTold(hear);
    },
    async stop() {
      offTold();
    },
  };
  return {
    ...{ admittance, rechecks },
    access: { recheck },
    component: compose("rights", [rechecks, notes, ear, createRightsSweep(rechecks, sweepMs)]),
  };
}
