import type { RequestListener } from "node:http";
import type { MetricFamily } from "./ipc/messages.js";
import type { Component } from "./process/lifecycle.js";

/** What the workers of a service have measured. */
export interface Measurements {
  /** By slot; a worker that did not answer in time is missing. */
  readonly workers: ReadonlyMap<number, readonly MetricFamily[]>;
  /** The same of workers that have a successor and only finish what they have begun. */
  readonly leaving: ReadonlyMap<number, readonly MetricFamily[]>;
  /** How often the worker of a slot was replaced. */
  readonly restarts: ReadonlyMap<number, number>;
  /** The same without those of reloads. */
  readonly ends: ReadonlyMap<number, number>;
}

/** What serves clients, as one process or as a cluster. */
export interface Service extends Component {
  /** Address for people; known once started. */
  url(): string;
  /** To be called before `stop`: new clients are refused, and clients are closed over the drain window; all else is served. */
  drain(): Promise<void>;
  /** Replaces the workers, one after the other. Rejects when there are none to replace, or a new one does not start. */
  reload(): Promise<void>;
  /** Whether a worker can take a new connection. */
  canServe(): boolean;
  /** Asks the workers; takes about a second at the longest. Never rejects. */
  measure(): Promise<Measurements>;
  /** Answers what operators ask, as it came to the private port. */
  readonly operate: RequestListener;
  /** Ends child processes at once, for when there is no time for `stop`. */
  kill(): void;
}
