/** What a worker is up to. `leaving`: it sends its clients away, or has a successor. */
export type WorkerPhase = "starting" | "ready" | "leaving";

/** A worker of this instance, as its primary knows it. */
export interface WorkerStatus {
  /** Its slot. */
  readonly worker: number;
  readonly pid: number;
  readonly state: WorkerPhase;
  /** When it came into this state, in ISO 8601. */
  readonly since: string;
  /** How often the worker of this slot was replaced. */
  readonly restarts: number;
}

/** What a worker, or all of an instance, was carrying when it was last measured. Rates are per second, since the measurement before. */
export interface Load {
  readonly connections: number;
  readonly eventsIn: number;
  readonly eventsOut: number;
  /** Batches of messages that were committed. */
  readonly publishes: number;
  /** Handshakes, requests, events and messages that were refused. */
  readonly refusals: number;
  /** Mean delay of the event loop over a second; of an instance that of its slowest worker. */
  readonly lagMs: number;
}

/** Why a handshake is refused before anybody is known: the results of `realtime_handshakes_total` other than `accepted`. */
export const HANDSHAKE_REFUSALS = ["draining", "full", "rate", "address", "overload", "refused"] as const;

export type HandshakeRefusal = (typeof HANDSHAKE_REFUSALS)[number];

/** How many handshakes were refused, by why; those that there are. */
export type RefusedHandshakes = Readonly<Partial<Record<HandshakeRefusal, number>>>;

/** An instance at one time. */
export interface Sample extends Load {
  /** Since the sample before; absent when there were none. */
  readonly refusedHandshakes?: RefusedHandshakes;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Workers that answered. */
  readonly workers: number;
}

/** What may happen to the workers of an instance; of all of them where no worker is named. */
export const HAPPENINGS = [
  "started",
  "draining",
  "left",
  "ended",
  "reloading",
  "reloaded",
  "reload-failed",
] as const;

export interface Happening {
  /** In ISO 8601. */
  readonly at: string;
  readonly what: (typeof HAPPENINGS)[number];
  readonly worker?: number;
  /** Why; what is longer than {@link KEPT} says is cut. */
  readonly detail?: string;
}

/** How a store looks to the workers: the worst of what they say. */
export type StoreView = "up" | "down" | "refused" | "off" | "unknown";

export interface WorkerView extends WorkerStatus {
  /** Whether it has not answered for 2.5 s, or did not when the workers were last measured. */
  readonly isSilent: boolean;
  /** Absent until it was measured. */
  readonly load?: Load & { readonly memoryBytes: number };
}

/** One instance, its last hour included. */
export interface InstanceReport {
  readonly instance: string;
  /** When it was started, in ISO 8601. */
  readonly since: string;
  readonly workers: readonly WorkerView[];
  readonly stores: { readonly mongo: StoreView; readonly redis: StoreView };
  /** Newest first. */
  readonly happenings: readonly Happening[];
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

/** Bounds of what an instance keeps: an hour of samples. */
export const KEPT = { samples: 360, everyMs: 10_000, happenings: 50, detailCharacters: 200 } as const;

/** A worker of any instance, by its own word. */
export interface WorkerReport {
  readonly instance: string;
  readonly worker: number;
  /** When its process was started, in ISO 8601. */
  readonly since: string;
  readonly connections: number;
  readonly lagMs: number;
  readonly memoryBytes: number;
}

/** What operators see of instances. */
export interface Instances {
  /**
   * This instance, with the samples taken after that time (milliseconds since 1970).
   * @throws {AppError} `temporary` when its primary does not answer within 2 s.
   */
  here(afterMs: number): Promise<InstanceReport>;
  /**
   * The workers of all instances that answer within 2 s, and how many others there should be.
   * @throws {AppError} `temporary` when it cannot be known who is alive.
   */
  everywhere(): Promise<{ readonly workers: readonly WorkerReport[]; readonly missing: number }>;
}
