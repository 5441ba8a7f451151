import type { WorkerReport } from "../../../contract/instances.js";
import type { Moved, UserConnection } from "../../../contract/users.js";

/** What one worker asks all. Each is harmless when it comes twice. */
export type Question = UserQuestion | { readonly kind: "report" };

/** What concerns one user. */
export type UserQuestion =
  | { readonly kind: "find"; readonly user: string }
  | { readonly kind: "disconnect"; readonly user: string; readonly reconnect: boolean }
  | {
      readonly kind: "move";
      readonly user: string;
      readonly join: readonly string[];
      readonly leave: readonly string[];
    };

/** What a worker answers: about its own connections. */
export interface Answer {
  readonly connections: readonly UserConnection[];
  readonly moved?: Moved;
  /** To `report`; a worker of an earlier version has none. */
  readonly report?: WorkerReport;
}
