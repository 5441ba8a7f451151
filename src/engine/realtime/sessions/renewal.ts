import { AppError } from "../../../contract/errors.js";
import type { Renewal } from "../../../contract/renewal.js";
import type { Authenticator } from "../../trust/authenticator.js";
import type { Io, IoSocket } from "../io.js";
import type { Endings } from "./endings.js";

/** What a renewal needs. */
interface RenewalParts {
  readonly io: Io;
  readonly authenticator: Pick<Authenticator, "ofToken">;
  readonly endings: Pick<Endings, "end" | "isEnding">;
  /** Called when a connection has another passport: what it may no longer have is taken from it. */
  readonly renewed: (socket: IoSocket) => Promise<void>;
}

/**
 * Replaces the token of a living connection. A token that is refused changes nothing: the one before holds until its own expiry. A token of
 * another user ends the connection. Of several that are under way the one that came last counts.
 */
export function createRenewal({ io, authenticator, endings, renewed }: RenewalParts): Renewal {
  /** Number of the last renewal of each that had effect. */
  const latest = new WeakMap<IoSocket, number>();
  let count = 0;

  return {
    async renew(session, token) {
      count += 1;
      const number = count;
      const passport = await authenticator.ofToken(token);
      const socket = io.sockets.sockets.get(session);
      if (socket === undefined || endings.isEnding(socket)) throw new AppError("token_expired");
      if (passport.user !== socket.data.passport.user) {
        endings.end(socket, "user_changed");
        throw new AppError("unauthenticated");
      }
      if (number > (latest.get(socket) ?? 0)) {
        latest.set(socket, number);
        socket.data.passport = passport;
        await renewed(socket);
      }
      return { expiresAtMs: socket.data.passport.token?.expiresAtMs ?? 0 };
    },
  };
}
