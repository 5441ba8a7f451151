import type { Passport } from "../../contract/passport.js";
import type { Component } from "../process/lifecycle.js";
import type { CookieRequest } from "./tokens/cookie-token.js";

/** Says who somebody is. All ways reject with an `AppError`: `invalid` when it is not said as it must be. */
export interface Authenticator extends Component {
  /**
   * `auth`: of a Socket.IO handshake, JSON of a bounded size. `session`: public id of its session. `request`: the one that opened it, before its
   * headers are released.
   */
  ofHandshake(
    auth: Readonly<Record<string, unknown>>,
    session: string,
    request: CookieRequest,
  ): Promise<Passport>;
  /** Of an HTTP request to a route for users. */
  ofRequest(request: CookieRequest): Promise<Passport>;
  /** Of one that opens a stream, which a page that may not send cookies may not do, although it is asked for with GET. */
  ofStream(request: CookieRequest): Promise<Passport>;
  /** Of a token that a connection has sent to replace its own. */
  ofToken(token: unknown): Promise<Passport>;
  /** Throws what has ended this passport since it was made: `token_expired`, `token_revoked`. */
  confirm(passport: Passport): void;
  /** Age of the keys that tokens are verified with, in milliseconds, where they are asked for from time to time. */
  readonly keysAgeMs?: (() => number) | undefined;
}
