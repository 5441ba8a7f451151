import { StartError } from "../process/start-error.js";
import type { WorkerExit } from "./pool-worker.js";
import { decide, EXIT_WINDOW_MS, type Exit } from "./respawn-policy.js";

/** Forks workers again whose predecessors have ended, at the pace of the policy. */
export interface Respawns {
  /** The slot's worker has ended: `fork` is called after a while, or `onGiveUp` instead. */
  replace(slot: number, exit: WorkerExit): void;
  /** The slot has got another worker by other means. */
  replaced(slot: number): void;
  /** A worker has started: failed starts before it do not count any more. */
  startsAgain(): void;
  cancel(): void;
  /** How often the worker of each slot was replaced. */
  readonly counts: ReadonlyMap<number, number>;
  /** How often that was because it had ended, whatever had ended it. */
  readonly ends: ReadonlyMap<number, number>;
}

export function createRespawns(
  fork: (slot: number) => void,
  onGiveUp: (error: StartError) => void,
): Respawns {
  const timers = new Map<number, NodeJS.Timeout>();
  const counts = new Map<number, number>();
  const ends = new Map<number, number>();
  let exits: Exit[] = [];

  function count(slot: number, all: Map<number, number>): void {
    all.set(slot, (all.get(slot) ?? 0) + 1);
  }

  return {
    counts,
    ends,
    replace(slot, exit) {
      const atMs = performance.now();
      exits = [...exits.filter((past) => past.atMs > atMs - EXIT_WINDOW_MS), { kind: exit.kind, atMs }];
      const decision = decide(exits);
      if (decision.action === "give up") {
        onGiveUp(new StartError(`Crash loop: ${decision.reason} (the last one: ${exit.reason})`));
        return;
      }
      count(slot, counts);
      count(slot, ends);
      const again = (): void => {
        timers.delete(slot);
        fork(slot);
      };
      timers.set(slot, setTimeout(again, decision.delayMs));
    },
    replaced(slot) {
      clearTimeout(timers.get(slot));
      timers.delete(slot);
      count(slot, counts);
    },
    startsAgain() {
      exits = exits.filter((exit) => exit.kind !== "failed");
    },
    cancel() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
