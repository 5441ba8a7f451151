import { AppError } from "../../contract/errors.js";
import type { Passport } from "../../contract/passport.js";
import { USER_ID, USER_ID_FORM } from "../../contract/room-names.js";
import type { Authenticator } from "./authenticator.js";
import type { CookieRequest } from "./tokens/cookie-token.js";

/** Without authentication everybody is who he says he is, and may do all that users may. */
class OpenPassport implements Passport {
  readonly kind = "open";
  readonly user: string;

  constructor(user: string) {
    this.user = user;
  }

  may(): boolean {
    return true;
  }
}

/**
 * Believes the id that the client holds: `auth.user` of a handshake, `X-User-Id` of a request. A connection without one is known by its
 * session only.
 */
export function createOpenAuthenticator(): Authenticator {
  function passport(field: string, user: unknown): Passport {
    if (typeof user === "string" && USER_ID.test(user)) return new OpenPassport(user);
    throw new AppError("invalid", `${field}: ${USER_ID_FORM}`);
  }

  const ofRequest = async ({ headers }: CookieRequest): Promise<Passport> =>
    passport("X-User-Id", headers["x-user-id"]);
  return {
    name: "authenticator",
    start: async () => {},
    stop: async () => {},
    ofHandshake: async (auth, session) => passport("auth.user", auth.user ?? session),
    ofToken: () => Promise.reject(new AppError("invalid", "AUTH is none: there are no tokens")),
    ofRequest,
    ofStream: ofRequest,
    confirm() {},
  };
}
