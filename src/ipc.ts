import type { Config } from "./config/config.js";

// Node's cluster, the sticky library and the adapter use the same channel: every message is an object whose type has a
// prefix of ours, and whatever is not one of these is somebody else's.

/** One metric with its samples, in Prometheus' text format: the lines that describe it, and one line per sample. */
export interface MetricFamily {
  readonly name: string;
  readonly head: string;
  readonly samples: readonly string[];
}

/** What the primary tells a worker. */
export type PrimaryMessage =
  /** The answer to `shoal:hello`: who the worker is and how it is configured. */
  | {
      readonly type: "shoal:boot";
      readonly slot: number;
      readonly config: Config;
      /** As {@link Config} says, unless a worker lacks what that needs. */
      readonly routing: Config["routing"];
    }
  /** To send its clients away, one after the other; it still answers what arrives, and says when none is left. */
  | { readonly type: "shoal:drain" }
  /** The worker is out of rotation: nothing new arrives after this message, so it can finish and end. */
  | { readonly type: "shoal:stop" }
  /** A sibling has ended, in whatever way: the one that had called itself this node. */
  | { readonly type: "shoal:ended"; readonly node: string }
  /** To tell its metrics; sent only to workers that have been ready. `request` comes back with the answer. */
  | { readonly type: "shoal:collect"; readonly request: number }
  /** To accept connections from the port that all workers share. */
  | { readonly type: "shoal:listen"; readonly host: string; readonly port: number }
  /** To accept no more. */
  | { readonly type: "shoal:unlisten" }
  /** Whether it has got more connections than its siblings, and is to give back what it accepts. */
  | { readonly type: "shoal:ahead"; readonly ahead: boolean }
  /** With a connection for this worker, and what was read of it: the beginning of a request, or nothing. */
  | { readonly type: "shoal:adopt"; readonly bytes: Uint8Array };

/** What a worker tells its primary. */
export type WorkerMessage =
  /** First: the worker listens to the channel. Messages sent before are lost: Node does not keep them for a cluster worker. */
  | {
      readonly type: "shoal:hello";
      /** What this build of Node does not have of what `ROUTING=forward` uses. */
      readonly missing: readonly string[];
    }
  /** Serving: it may be given connections. */
  | { readonly type: "shoal:ready" }
  /** The answer to `shoal:listen`: where, or why not. */
  | { readonly type: "shoal:listening"; readonly url: string; readonly error?: undefined }
  | { readonly type: "shoal:listening"; readonly error: string }
  /** The answer to `shoal:unlisten`: what it has given back is on its way. */
  | { readonly type: "shoal:unlistened" }
  /** So many since it last said so that it has kept. */
  | { readonly type: "shoal:accepted"; readonly connections: number }
  /** The name under which siblings know the worker from now on, for `shoal:ended`. */
  | { readonly type: "shoal:node"; readonly node: string }
  /** The answer to `shoal:drain`. */
  | { readonly type: "shoal:drained" }
  /** Somebody wants it to end: it is to be taken out of rotation, drained and stopped. */
  | { readonly type: "shoal:retiring" }
  /** About to stop by itself: to be taken out of rotation, which the primary confirms with `shoal:stop`. */
  | { readonly type: "shoal:leaving" }
  /** The answer to `shoal:collect`. */
  | {
      readonly type: "shoal:metrics";
      readonly request: number;
      readonly slot: number;
      readonly families: readonly MetricFamily[];
    }
  /** With a connection, for the worker that Node's cluster knows by this number; without one, for any. `bytes` as in `shoal:adopt`. */
  | { readonly type: "shoal:hand-over"; readonly to: number | undefined; readonly bytes: Uint8Array }
  /** Could not start. `temporary` when the cause may pass, as with a store that is away. */
  | { readonly type: "shoal:failed"; readonly message: string; readonly temporary: boolean };

/** Recognises a message of the primary among all that arrives; only its type is checked, as both ends are of one build. */
export function isPrimaryMessage(message: unknown): message is PrimaryMessage {
  return [
    "shoal:boot",
    "shoal:drain",
    "shoal:stop",
    "shoal:ended",
    "shoal:collect",
    "shoal:listen",
    "shoal:unlisten",
    "shoal:ahead",
    "shoal:adopt",
  ].includes(typeOf(message));
}

/** Recognises a message of a worker, likewise. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return [
    "shoal:hello",
    "shoal:ready",
    "shoal:listening",
    "shoal:unlistened",
    "shoal:accepted",
    "shoal:node",
    "shoal:drained",
    "shoal:retiring",
    "shoal:leaving",
    "shoal:metrics",
    "shoal:failed",
    "shoal:hand-over",
  ].includes(typeOf(message));
}

function typeOf(message: unknown): string {
  if (typeof message !== "object" || message === null || !("type" in message)) return "";
  return String(message.type);
}
