import type { IncomingMessage } from "node:http";
import type { Access, Caller } from "../../contract/access.js";
import { NOBODY } from "../../contract/passport.js";
import type { Authenticator } from "../trust/authenticator.js";
import type { KeyAuthenticator } from "../trust/keys/key-authenticator.js";

/** What says who asks. */
export interface CallerParts {
  readonly authenticator: Pick<Authenticator, "ofRequest">;
  readonly keys: KeyAuthenticator;
  /** Whether the request came to the private port. */
  readonly isPrivate: boolean;
}

/**
 * Who asks, by the one way that this access takes: a user's token, or a key. Nobody is asked who he is where it is of no interest.
 * Operators have a key that may `operate`; without API_KEYS and API_KEYS_FILE, whoever reaches the private port is one.
 * @throws {AppError} what says why he is not known.
 */
export async function callerOf(
  { kind }: Access,
  request: IncomingMessage,
  { authenticator, keys, isPrivate }: CallerParts,
): Promise<Caller> {
  switch (kind) {
    case "anyone":
      return { passport: NOBODY, isOperator: false };
    case "user":
    case "ruled":
      return { passport: await authenticator.ofRequest(request), isOperator: false };
    case "key":
      return { passport: keys.ofRequest(request.headers), isOperator: false };
    case "operator": {
      if (isPrivate && !keys.areConfigured) return { passport: NOBODY, isOperator: true };
      const passport = keys.ofRequest(request.headers);
      return { passport, isOperator: passport.may({ operation: "operate" }) };
    }
  }
}
