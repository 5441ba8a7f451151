import { randomBytes } from "node:crypto";
import { secretKey, signToken } from "../support/tokens.js";

/** Life of a token, in seconds: 15 s after it was given the server asks for another one. */
const TOKEN_S = 45;

/** Who gives tokens to the clients of a run. */
export interface Issuer {
  /** What the instances need to take its tokens, with limits that the load keeps to, though not by far. */
  readonly env: Readonly<Record<string, string>>;
  tokenFor(user: string): Promise<string>;
}

export function createIssuer(): Issuer {
  const secret = randomBytes(32).toString("base64url");
  const key = secretKey(secret);
  return {
    env: {
      ...{ AUTH: "jwt", AUTH_SECRET: secret, AUTH_DEFAULT_CAPS: '{"*":["read","publish"]}' },
      // All clients come from one address, and all of them at once after a fault.
      ...{ RATE_IP_HANDSHAKES: "100,200", RATE_IP_REQUESTS: "100,200" },
      ...{ RATE_USER_EVENTS: "50,100", RATE_ROOM_PUBLISH: "200,400", MAX_CONNECTIONS_PER_USER: "20" },
    },
    tokenFor(user) {
      const nowS = Math.floor(Date.now() / 1000);
      return signToken(key, { sub: user, exp: nowS + TOKEN_S });
    },
  };
}
