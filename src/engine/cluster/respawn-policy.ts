/**
 * How a worker ended: `left` on request; `killed` by SIGKILL from outside, while it started or served; `crashed` otherwise while it
 * served; `failed` before it was ready; `unavailable` before it was ready because a store was away, or the system
 * gave no process.
 */
export type ExitKind = "left" | "killed" | "crashed" | "failed" | "unavailable";

/** One past exit of any worker of the instance. `atMs` is a monotonic time. */
export interface Exit {
  readonly kind: ExitKind;
  readonly atMs: number;
}

/** What to do about the newest exit. */
export type Decision =
  | { readonly action: "respawn"; readonly delayMs: number }
  | { readonly action: "give up"; readonly reason: string };

/** Exits older than this are forgotten, in milliseconds. */
export const EXIT_WINDOW_MS = 60_000;
/** Starts that may fail one after the other, with no worker becoming ready in between. */
const FAILED_STARTS = 3;
/** Crashes of serving workers within the window that make a crash loop. */
const CRASHES = 10;
/** Kills within the window that are answered at once; when memory runs out again and again, there are more. */
const KILLS = 10;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;

/**
 * Decides about the last of `exits`, the instance's exits in order. A worker that was asked to go or was killed
 * from outside is replaced at once, unless the killing does not end; a crash is followed by a growing delay; a crash loop ends the instance, for then
 * only a person or an orchestrator can help. A store that is away is waited for without end: the other workers serve.
 */
export function decide(exits: readonly Exit[]): Decision {
  const last = exits.at(-1);
  if (last === undefined || last.kind === "left") return respawn(0);

  const recent = exits.filter((exit) => exit.atMs > last.atMs - EXIT_WINDOW_MS);
  if (last.kind === "killed") {
    const kills = recent.filter((exit) => exit.kind === "killed").length;
    return respawn(kills > KILLS ? growing(kills - KILLS) : 0);
  }
  const failedInARow = countLast(recent, (exit) => exit.kind === "failed");
  if (failedInARow >= FAILED_STARTS) {
    return { action: "give up", reason: `${failedInARow} workers in a row ended before they were ready` };
  }
  const crashes = recent.filter((exit) => exit.kind === "crashed").length;
  if (crashes >= CRASHES) {
    return { action: "give up", reason: `${crashes} workers crashed within ${EXIT_WINDOW_MS / 1000} s` };
  }
  const troubled = recent.filter((exit) => exit.kind !== "left" && exit.kind !== "killed").length;
  return respawn(growing(troubled));
}

function growing(count: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (count - 1), LONGEST_DELAY_MS);
}

function respawn(delayMs: number): Decision {
  return { action: "respawn", delayMs };
}

function countLast(exits: readonly Exit[], matches: (exit: Exit) => boolean): number {
  const other = exits.findLastIndex((exit) => !matches(exit));
  return exits.length - 1 - other;
}
