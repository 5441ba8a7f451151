import type { Fleet } from "./fleet.js";
import type { VirtualTime } from "./virtual-time.js";

/** What the command line asks for, as far as scenarios differ by it. */
export interface Setting {
  readonly clients: number;
  readonly instances: number;
  readonly workers: number;
  readonly zones: number;
  /** Until the balancer does not give connections to an instance any more that is gone, in milliseconds. */
  readonly healthMs: number;
  /** New instances that a deploy starts at a time. */
  readonly surge: number;
  /** For how long Redis is away, in milliseconds. */
  readonly outageMs: number;
  /** Life of a token, in milliseconds. */
  readonly tokenMs: number;
  readonly libraryShare: number;
  /** Clients of a durable room. */
  readonly roomSize: number;
}

/** Something that happens besides connections, for the table: a name, and what was found. */
export type Finding = readonly [name: string, value: string];

/** A line of a plot of a scenario's own: a value for each second. */
export interface OwnSeries {
  readonly title: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Where a scenario happens. */
export interface Stage {
  readonly time: VirtualTime;
  readonly fleet: Fleet;
  readonly setting: Setting;
  readonly random: () => number;
  /** Lets it happen after so many milliseconds. */
  after(delayMs: number, act: () => void): void;
}

/** A scenario that has begun. */
export interface Course {
  /** Whether nothing more is to happen. It is over when everybody is connected besides. */
  isDone(): boolean;
  /** Marks for the plots, by seconds. */
  readonly marks: readonly { readonly second: number; readonly name: string }[];
  findings?(): readonly Finding[];
  series?(): readonly OwnSeries[];
}

/** Something that happens to a fleet. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Where it happens to something else than the whole fleet. */
  readonly changes?: (setting: Setting) => Partial<Pick<Setting, "clients" | "instances" | "workers">> & {
    readonly cores?: number;
  };
  begin(stage: Stage): Course;
}

/** Before it happens, in milliseconds. */
export const BEFORE_MS = 2000;
