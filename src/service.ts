import type { Component } from "./lifecycle.js";

/** What serves clients, as one process or as a cluster. */
export interface Service extends Component {
  /** Address for people; known once started. */
  url(): string;
  /** Ends child processes at once, for when there is no time for `stop`. */
  kill(): void;
}
