import type { InstanceReport } from "../../contract/instances.js";
import type { ApiKey } from "../config/api-keys.js";
import type { Config } from "../config/config.js";

// Node's cluster, the sticky library and the adapter use the same channel: every message is an object whose type has a
// prefix of ours, and whatever is not one of these is somebody else's.

/** One metric with its samples, in Prometheus' text format: the lines that describe it, and one line per sample. */
export interface MetricFamily {
  readonly name: string;
  readonly head: string;
  readonly samples: readonly string[];
  /** What OpenMetrics shows behind each of the samples, or nothing; absent where there are no traces. */
  readonly exemplars?: readonly string[];
}

/** What the primary tells a worker. */
export type PrimaryMessage =
  /** The answer to `shoal:hello`: who the worker is and how it is configured. */
  | {
      readonly type: "shoal:boot";
      readonly slot: number;
      readonly config: Config;
      /** Directory of the private sockets by which the workers of this instance reach each other. */
      readonly socketDir: string;
    }
  /** The keys of the server API that count from now on. */
  | { readonly type: "shoal:keys"; readonly keys: readonly ApiKey[] }
  /** The newest key set of tokens that a worker has got, as JSON, and how long ago it was asked for. */
  | { readonly type: "shoal:key-set"; readonly text: string; readonly ageMs: number }
  /** To send its clients away, one after the other; it still answers what arrives, and says when none is left. */
  | { readonly type: "shoal:drain" }
  /** The worker is out of rotation: nothing new arrives after this message, so it can finish and end. */
  | { readonly type: "shoal:stop" }
  /** A sibling has ended, in whatever way: the one that had called itself this node. */
  | { readonly type: "shoal:ended"; readonly node: string }
  /** To tell its metrics; sent only to workers that have been ready. `request` comes back with the answer. */
  | { readonly type: "shoal:collect"; readonly request: number }
  /** To be answered with `shoal:here`; sent only to workers that have been ready. */
  | { readonly type: "shoal:call" }
  /** The answer to `shoal:ask`. */
  | { readonly type: "shoal:told"; readonly request: number; readonly report: InstanceReport }
  /** With a client's connection, of which nothing was read. To be answered with `shoal:taken`. */
  | { readonly type: "shoal:connection"; readonly flight: number }
  /** To be answered with `shoal:checked`: what was sent before it has arrived by then, or never will. */
  | { readonly type: "shoal:check"; readonly flight: number }
  /**
   * With a connection on which a client asks for a session of this worker, `to`; `head` is the beginning of what was read of it. To be
   * left alone until `shoal:go`: others still have it open. `relay`: `to` is another worker, which is about to end; polls are to be
   * passed on to it as long as it listens. `orphan`: there is no such worker, and somebody has to say so.
   */
  | {
      readonly type: "shoal:adopt";
      readonly id: number;
      readonly head: Uint8Array;
      readonly to: number;
      readonly as: "owner" | "relay" | "orphan";
    }
  /** Nobody else has the connection of this `shoal:adopt` open any more; `bytes` were read of it after its head. */
  | { readonly type: "shoal:go"; readonly id: number; readonly bytes: Uint8Array }
  /** To listen by itself (`LISTEN=reuse-port`). To be answered with `shoal:listening`. */
  | { readonly type: "shoal:listen"; readonly host: string; readonly port: number }
  /** The worker is out of rotation: it serves what it has, and accepts nothing further at a port of its own. */
  | { readonly type: "shoal:unlisten" };

/** What a worker tells its primary. */
export type WorkerMessage =
  /** First: the worker listens to the channel. Messages sent before are lost: Node does not keep them for a cluster worker. */
  | { readonly type: "shoal:hello" }
  /** One more part of the worker has started. */
  | { readonly type: "shoal:stage"; readonly stage: string }
  /** Serving: it may be given connections. */
  | { readonly type: "shoal:ready" }
  /** The answer to `shoal:listen`: where, or why not. */
  | { readonly type: "shoal:listening"; readonly url: string; readonly error?: undefined }
  | { readonly type: "shoal:listening"; readonly error: string }
  /** The worker has the connection of this `shoal:connection`; `full`: it can hold no further one. */
  | { readonly type: "shoal:taken"; readonly flight: number; readonly full: boolean }
  /** The answer to `shoal:check`: of the flights up to this one, those that were not taken did not arrive. */
  | { readonly type: "shoal:checked"; readonly flight: number }
  /** The worker has got a key set of tokens, as JSON, which it has asked for so long ago. */
  | { readonly type: "shoal:key-set"; readonly text: string; readonly ageMs: number }
  /** To be answered with `shoal:key-set`, if there is one. */
  | { readonly type: "shoal:key-set-wanted" }
  /** The worker can hold connections again. */
  | { readonly type: "shoal:vacant" }
  /** The name under which siblings know the worker from now on, for `shoal:ended`. */
  | { readonly type: "shoal:node"; readonly node: string }
  /** The answer to `shoal:drain`. */
  | { readonly type: "shoal:drained" }
  /** Somebody wants it to end: it is to be taken out of rotation, drained and stopped. */
  | { readonly type: "shoal:retiring" }
  /** About to stop by itself: to be taken out of rotation, which the primary confirms with `shoal:stop`. */
  | { readonly type: "shoal:leaving" }
  /** The answer to `shoal:call`. */
  | { readonly type: "shoal:here" }
  /** The answer to `shoal:collect`. */
  | {
      readonly type: "shoal:metrics";
      readonly request: number;
      readonly slot: number;
      readonly families: readonly MetricFamily[];
    }
  /** An operator wants to know of the instance, with samples taken after this time. To be answered with `shoal:told`. */
  | { readonly type: "shoal:ask"; readonly request: number; readonly after: number }
  /** With a connection for the worker that Node's cluster knows by number `to`; `head` as in `shoal:adopt`. */
  | { readonly type: "shoal:hand-over"; readonly id: number; readonly to: number; readonly head: Uint8Array }
  /** The worker has closed its own copy of the connection of this `shoal:hand-over`; `bytes` were read of it after its head. */
  | { readonly type: "shoal:released"; readonly id: number; readonly bytes: Uint8Array }
  /** Could not start. `temporary` when the cause may pass, as with a store that is away. */
  | { readonly type: "shoal:failed"; readonly message: string; readonly temporary: boolean };
