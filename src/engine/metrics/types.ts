/** The trace of which something measured is an example, under the names by which Grafana looks for it. */
export type Exemplar = Readonly<Record<"trace_id" | "span_id", string>>;

/** The trace that is active, if it is sampled. */
export type ActiveTrace = () => Exemplar | undefined;

/** How a handshake ended: a connection, or the reason for which there is none. */
export const HANDSHAKE_RESULTS = [
  "accepted",
  "draining",
  "full",
  "rate",
  "address",
  "overload",
  "refused",
] as const;

/** See {@link HANDSHAKE_RESULTS}. */
export type HandshakeResult = (typeof HANDSHAKE_RESULTS)[number];

/** What is counted about connections. */
export interface ConnectionMetrics {
  handshake(result: HandshakeResult): void;
  /** `reason` as Socket.IO names it. */
  disconnected(reason: string): void;
  /** A connection was closed because its client did not read. */
  slowClient(): void;
}

/** What is measured about events. Names that are not of the contract are counted together. */
export interface EventMetrics {
  received(event: string | undefined): void;
  /** The event was answered, or refused, this long after it came. */
  handled(event: string | undefined, durationMs: number): void;
  /** The event was sent to this many clients of this worker. */
  sent(event: string, receivers: number): void;
}

/** One answered HTTP request. */
export interface AnsweredRequest {
  readonly method: string;
  /** The pattern of the route; never a path, of which there is no end. */
  readonly route: string;
  /** The status code, or `aborted` when the client did not stay for it. */
  readonly status: string;
}

/** What is measured about HTTP requests. */
export interface HttpMetrics {
  /** To be asked when a request comes, and handed over when it is answered: outside of it, another trace is active, or none. */
  readonly activeTrace: ActiveTrace;
  answered(request: AnsweredRequest, durationMs: number, exemplar?: Exemplar): void;
}

/** What is measured about durable rooms. */
export interface RoomMetrics {
  /** Messages were committed and journaled, this long after they came. */
  published(durationMs: number): void;
  /** A room had a gap, which was read from the log. */
  repaired(): void;
}

/** What there are limits of, each of its own kind of key. */
export const LIMITS = [
  "handshakes",
  "requests",
  "bodies",
  "events",
  "messages",
  "keys",
  "connections",
  "refusals",
] as const;

/** See {@link LIMITS}. */
export type LimitName = (typeof LIMITS)[number];

/** What is counted about limits of addresses, users, rooms and keys. */
export interface LimitMetrics {
  /** Something was refused because there was too much of it. */
  refused(limit: LimitName): void;
}

/** Why something that came from another worker was not believed. */
export const BUS_REFUSALS = ["foreign", "epoch"] as const;

/** What is counted about what workers tell each other. */
export interface BusMetrics {
  /** `foreign`: not from a worker of this database. `epoch`: of another log of a durable room than the one that is followed. */
  refused(reason: (typeof BUS_REFUSALS)[number]): void;
}

/** What became of a token. `undecided`: its key was not known, and the key server away. */
export const TOKEN_RESULTS = ["accepted", "expired", "refused", "undecided"] as const;

/** What is counted about tokens. */
export interface TokenMetrics {
  verified(result: (typeof TOKEN_RESULTS)[number]): void;
  /** Begins to show the age of the key set. Once. */
  show(ageMs: () => number): void;
}

/** What came of asking again whether a connection may still have something. */
export const VERDICTS = ["allowed", "forbidden", "undecided"] as const;

/** What is counted about rights of connections that live. */
export interface RightsMetrics {
  rechecked(verdict: (typeof VERDICTS)[number]): void;
  /** A membership was ended: its right has, or whether it has could not be found out for too long. */
  closed(code: "forbidden" | "temporary"): void;
}

/** Why somebody with a good token was not let in. `stale`: it was not known whether the token was revoked. */
export const REVOCATION_REFUSALS = ["revoked", "stale"] as const;

/** What is measured about revocations. */
export interface RevocationMetrics {
  refused(reason: (typeof REVOCATION_REFUSALS)[number]): void;
  /** A connection was closed as its token was revoked. */
  closed(): void;
  /** Begins to show what is known of them. Once. */
  show(list: { size(): number; ageMs(): number }): void;
}

/** What a feature measures. Names are of Prometheus' form and unique in the service; a worker's number is added. */
export interface FeatureMetrics {
  /** Something that is counted. By convention its name ends with `_total`. */
  counter(name: string, help: string): { add(count?: number): void };
  /** Something that takes time. By convention its name ends with `_seconds`. */
  duration(name: string, help: string): { observe(milliseconds: number): void };
  /** Something that is looked at when metrics are collected. */
  gauge(name: string, help: string, read: () => number): void;
}
