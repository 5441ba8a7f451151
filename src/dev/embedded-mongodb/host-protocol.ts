/** What serves: the engine from npm in the host's own process, or a `mongod` of the machine as its child. */
export type DatabaseKind = "engine" | "mongod";

/** Where one database lives. All paths are absolute. */
export interface Places {
  /** Directory of the database files. */
  readonly databaseDir: string;
  /** Private directory of the sockets. */
  readonly runDir: string;
  /** File among the data, where only this user can write, that tells a second instance the URI of the running one. */
  readonly uriFile: string;
}

/** The host program's one argument, as JSON. */
export interface HostTask extends Places {
  readonly kind: DatabaseKind;
  /** Package that provides the engine. */
  readonly engineModule: string;
}

/**
 * Why a host could not serve: there is nothing to run (`unavailable`), another process has the data
 * (`in-use`), the engine ended over the data (`ended`), or anything else (`failed`).
 */
export type FailureReason = "unavailable" | "in-use" | "ended" | "failed";

/** A message of the host to its parent. */
export type HostMessage =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: FailureReason; readonly message: string };

/** The parent's only message: end gracefully. The end of the channel means the same. */
export const STOP_MESSAGE = { type: "stop" } as const;

/** Carries a reason from where it is found to who decides, through the process boundary. */
export class HostFailure extends Error {
  override readonly name = "HostFailure";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
