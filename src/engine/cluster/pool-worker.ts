import cluster, { type Worker } from "node:cluster";
import type { WorkerPhase } from "../../contract/instances.js";
import { hearWorker, tellWorker } from "../ipc/channel.js";
import type { PrimaryMessage } from "../ipc/messages.js";
import { createRunDelay } from "../process/run-delay.js";
import { StartError } from "../process/start-error.js";
import { createBootWatch } from "./boot-watch.js";
import type { ExitKind } from "./respawn-policy.js";

/** How a worker ended, for the respawn policy and for people. */
export interface WorkerExit {
  readonly kind: ExitKind;
  /** What the worker said about it, or else its exit code or signal. */
  readonly reason: string;
  /** The name under which its siblings know it; undefined when it ended before it told one. */
  readonly siblingName: string | undefined;
}

/** What happens to a worker, as the pool hears of it. */
export interface PoolWorkerEvents {
  onReady(): void;
  /** It has received SIGTERM: to be drained and then retired. */
  onRetiring(): void;
  /** It has failed and is about to end. To be answered with `retire`. */
  onLeaving(): void;
  onExit(exit: WorkerExit): void;
}

/** One worker process, from fork to exit. */
export interface PoolWorker {
  readonly slot: number;
  readonly node: Worker;
  /** What it is up to, and since when, in ISO 8601. */
  status(): { readonly state: WorkerPhase; readonly since: string };
  /** Whether it may be given new connections: ready, and not on its way out. */
  isRoutable(): boolean;
  /** Without effect on one that has ended. */
  tell(message: PrimaryMessage): void;
  /** Takes it out of rotation: it is given no new connections, only those of its sessions. */
  leaveRotation(): void;
  /** Has it send its clients away; resolves when they are gone, or it is. */
  drain(): Promise<void>;
  /** Takes it out of rotation, lets it finish and end. */
  retire(): void;
  /** Whether it was told so. */
  isRetired(): boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Ends it at once. */
  kill(): void;
  /** The same, if it has not been ready yet, as nobody waits for it any more: it counts as one that has left. False if it has been. */
  abandon(): boolean;
}

/** Forks a worker for the slot and hands it its boot message, which is made then, when it listens to the channel. */
export function forkWorker(slot: number, boot: () => PrimaryMessage, events: PoolWorkerEvents): PoolWorker {
  const node = cluster.fork();
  let wasReady = false;
  let isLeaving = false;
  let retired = false;
  let isAbandoned = false;
  let isKilled = false;
  let siblingName: string | undefined;
  let failure: { readonly message: string; readonly temporary: boolean } | undefined;
  let since = new Date().toISOString();

  function onHung(message: string): void {
    failure = { message, temporary: false };
    kill();
  }
  const watch = createBootWatch(onHung, createRunDelay(node.process.pid ?? 0));

  node.on("error", ({ message }: Error) => {
    if (node.process.pid !== undefined) return; // a failed send: the exit that follows tells what matters
    // Node tells no exit of a process that could not be started. Without descriptors it also keeps it among the workers, where
    // whatever is sent to all of them throws.
    delete cluster.workers?.[node.id];
    onEnd("unavailable", `A worker's process could not be started: ${message}`);
  });
  hearWorker(node, {
    "shoal:hello"() {
      watch.reached("hello");
      tell(boot());
      if (retired) retire(); // the first time it could not hear it
    },
    "shoal:stage": ({ stage }) => watch.reached(stage),
    "shoal:ready"() {
      if (isKilled) return; // said before, and heard later
      watch.end();
      wasReady = true;
      if (!isLeaving) since = new Date().toISOString();
      events.onReady();
    },
    "shoal:failed"(message) {
      failure = message;
    },
    "shoal:node"({ node: name }) {
      siblingName = name;
    },
    "shoal:retiring": () => events.onRetiring(),
    "shoal:leaving": () => events.onLeaving(),
    "shoal:drained": () => settleDrained(),
  });
  let settleDrained = (): void => {};
  const drained = new Promise<void>((resolve) => {
    settleDrained = resolve;
  });
  let settleEnded = (): void => {};
  const ended = new Promise<void>((resolve) => {
    settleEnded = resolve;
  });
  node.once("exit", (code: number | null, signal: string | null) => {
    const reason = failure?.message ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
    onEnd(kindOf(code, signal), reason);
  });

  function onEnd(kind: ExitKind, reason: string): void {
    watch.end();
    settleDrained();
    settleEnded();
    events.onExit({ kind, reason, siblingName });
  }

  function kindOf(code: number | null, signal: string | null): ExitKind {
    // These signals end only a worker that is too young to listen to them; Ctrl-C reaches the whole process group.
    if ((retired && code === 0) || isAbandoned || signal === "SIGTERM" || signal === "SIGINT") return "left";
    // From outside, unless this process has a reason of its own, as for a start that hangs.
    if (signal === "SIGKILL" && failure === undefined) return "killed";
    if (wasReady) return "crashed";
    return failure?.temporary ? "unavailable" : "failed";
  }

  const tell = (message: PrimaryMessage): void => tellWorker(node, message);

  function leaveRotation(): void {
    if (isLeaving) return;
    isLeaving = true;
    since = new Date().toISOString();
    tell({ type: "shoal:unlisten" });
  }

  function drain(): Promise<void> {
    tell({ type: "shoal:drain" });
    return drained;
  }

  function retire(): void {
    leaveRotation();
    retired = true;
    tell({ type: "shoal:stop" });
  }

  function kill(): void {
    isKilled = true;
    node.process.kill("SIGKILL");
  }

  function abandon(): boolean {
    if (wasReady) return false;
    isAbandoned = true;
    kill();
    return true;
  }

  const isRoutable = (): boolean => wasReady && !isLeaving;
  const isRetired = (): boolean => retired;
  const phase = (): WorkerPhase => (isLeaving ? "leaving" : wasReady ? "ready" : "starting");
  const status: PoolWorker["status"] = () => ({ state: phase(), since });
  return {
    slot,
    node,
    status,
    isRoutable,
    tell,
    leaveRotation,
    drain,
    retire,
    isRetired,
    ended,
    kill,
    abandon,
  };
}

/** Why an instance whose worker ended so does not start. */
export function startErrorOf(exit: WorkerExit): StartError {
  return new StartError(
    exit.kind === "unavailable" ? exit.reason : `A worker could not start: ${exit.reason}`,
  );
}
