import type { Load } from "./load.js";
import type { Prng } from "./prng.js";
import type { World } from "./world.js";

export interface FaultContext {
  readonly world: World;
  readonly load: Load;
  /** Of this injection alone, so that it does the same for the same seed. */
  readonly rng: Prng;
  /** Shortest durations, for runs that have little time. */
  readonly brief: boolean;
  /** Tells a figure, for the summary: its largest value is kept. */
  measure(what: string, value: number): void;
}

/** One way to harm the servers, their links or the clients. */
export interface Fault {
  readonly name: string;
  /** Faults that touch different things may run at the same time; those that touch `all` run alone. */
  readonly touches: "processes" | "boots" | "redis" | "mongo" | "clients" | "all";
  /** Does the harm and undoes it before it resolves. What it finds wrong itself goes to the ledger. */
  inject(context: FaultContext): Promise<void>;
}

/** True when the two do not get into each other's way: an instance does not boot without its database. */
export function mayOverlap(one: Fault, other: Fault): boolean {
  const touched = [one.touches, other.touches];
  if (touched.includes("all") || one.touches === other.touches) return false;
  if (touched.includes("boots")) return !touched.includes("mongo") && !touched.includes("processes");
  return true;
}
