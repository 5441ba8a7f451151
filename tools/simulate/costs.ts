import type { Config } from "../../src/engine/config/config.js";

/** CPU times in microseconds; tools/shared/coefficients.mjs has them. */
export interface Coefficients {
  readonly usPerDeal: number;
  readonly usPerHandshake: number;
  readonly usPerRefusal: number;
  readonly usPerToken: number;
  readonly usPerMessage: number;
}

/** What else a worker does, in parts of a core. */
export interface OtherWork {
  /** For each of its connections: heartbeats, and messages of its clients. */
  readonly perConnection: number;
  /** For messages of others, for each client of the fleet. */
  readonly perClient: number;
}

/** How the processes of an instance spend their time. */
export interface Plant {
  readonly config: Config;
  readonly coefficients: Coefficients;
  readonly otherWork: OtherWork;
  /** Clients of the fleet. */
  readonly clients: number;
  /** Cores of an instance. */
  readonly cores: number;
}

/** Part of a core that other work leaves in any case: the machine shares what there is. */
const LEAST_LEFT = 0.1;

/** Time that `us` of CPU take beside a worker's other work, in milliseconds. */
export function besideOtherWork(us: number, connections: number, { otherWork, clients }: Plant): number {
  const other = clients * otherWork.perClient + connections * otherWork.perConnection;
  return us / 1000 / Math.max(LEAST_LEFT, 1 - other);
}
