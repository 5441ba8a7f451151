import type { Decide, Rights, RightsScope } from "../../contract/access.js";
import type { RightsMetrics } from "../metrics/types.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { Io } from "../realtime/io.js";
import { type Admittance, createAdmittance } from "../realtime/rights/admittance.js";
import { createHoldings } from "../realtime/rights/holdings.js";
import { createJudge } from "../realtime/rights/judge.js";
import { createRechecks, type Rechecks } from "../realtime/rights/rechecks.js";
import { createRightsBus } from "../realtime/rights/rights-bus.js";
import type { WorkerLink } from "../realtime/room-bus.js";
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
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  readonly decide: Decide;
  readonly rules: Pick<Rules, "forget">;
  readonly roomsPerSocket: number;
  readonly metrics: RightsMetrics;
  readonly log: Logger;
}

export function createLiveRights(parts: LiveRightsParts): LiveRights {
  const { io, link, decide, rules, metrics, log } = parts;
  const report = (error: unknown): void => log.error({ err: error }, "a rule of access failed");
  const admittance = createAdmittance(parts.roomsPerSocket);
  const judge = createJudge({ decide, admittance, metrics, report });
  const rechecks = createRechecks(createHoldings(io, admittance), judge);
  const bus = createRightsBus(io, link);
  let offTold = (): void => {};

  function ended(scope: RightsScope): Promise<void> {
    rules.forget(scope);
    return rechecks.ended(scope);
  }

  const ear: Component = {
    name: "rights bus",
    async start() {
      offTold = bus.onTold((scope) => void ended(scope));
    },
    async stop() {
      offTold();
    },
  };
  return {
    ...{ admittance, rechecks },
    access: {
      async recheck(scope) {
        bus.tell(scope);
        await ended(scope);
      },
    },
    component: compose("rights", [rechecks, ear]),
  };
}
