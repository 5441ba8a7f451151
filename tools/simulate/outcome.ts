import type { Second } from "./meter.js";
import type { Course, Finding, OwnSeries } from "./scenario.js";

/** What came of a scenario. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly clients: number;
  readonly instances: number;
  readonly workers: number;
  /** Connections lost. */
  readonly lost: number;
  /** Within one second: connections made and handshakes begun, of all and of one instance. */
  readonly peak: {
    readonly back: number;
    readonly backOfInstance: number;
    readonly asked: number;
    readonly askedOfInstance: number;
  };
  /** Time that 99 %, and all, of those who came back had no connection, in milliseconds. */
  readonly back99Ms: number;
  readonly backMs: number;
  /** Clients without a connection at the end. */
  readonly away: number;
  /** What instances have refused, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Handshakes that failed for clients, those included that had no answer in time. */
  readonly failed: number;
  readonly timeouts: number;
  readonly repeats: number;
  /** Longest wait of a handshake for its answer, in milliseconds. */
  readonly waitMs: number;
  /** Most connections of an instance, and how many it may have. */
  readonly connections: number;
  readonly cap: number;
  readonly lastedMs: number;
  readonly findings: readonly Finding[];
  readonly seconds: readonly Second[];
  readonly marks: Course["marks"];
  readonly series: readonly OwnSeries[];
}
