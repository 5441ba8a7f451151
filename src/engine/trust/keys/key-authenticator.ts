import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "../../../contract/errors.js";
import type { Passport } from "../../../contract/passport.js";
import { areKeysConfigured, type KeysConfig } from "../../config/keys-config.js";
import { bearerOf } from "../bearer.js";
import type { KeyRefusal } from "./key-refusal-log.js";
import type { KeyRing } from "./key-ring.js";

/** Says which key of the server API a request has. */
export interface KeyAuthenticator {
  /** Whether keys are configured, be it in a file that has none at present. */
  readonly areConfigured: boolean;
  /** @throws {AppError} `unauthenticated` without a valid key; a user's token is none. */
  ofRequest(headers: IncomingHttpHeaders): Passport;
}

/** Of three parts between dots; a key has two. */
const TOKEN = /^[^.]*\.[^.]*\.[^.]*$/;

export function createKeyAuthenticator(
  ring: Pick<KeyRing, "passportOf" | "refusalOf">,
  config: KeysConfig,
  tellRefusal: (refusal: KeyRefusal) => void,
): KeyAuthenticator {
  return {
    areConfigured: areKeysConfigured(config),
    ofRequest(headers) {
      const presented = bearerOf(headers) ?? "";
      const passport = ring.passportOf(presented);
      if (passport !== undefined) return passport;
      tellRefusal(ring.refusalOf(presented));
      throw new AppError(
        "unauthenticated",
        TOKEN.test(presented)
          ? "A key of the server API is needed here, not a user's token"
          : "A valid key of the server API is needed: Authorization: Bearer <kid>.<secret>",
      );
    },
  };
}
