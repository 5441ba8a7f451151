import { createHash, randomBytes } from "node:crypto";
import type { ApiKey } from "../../src/engine/config/api-keys.js";

/** A key of the server API, as its holder and as the configuration have it. */
export interface MadeKey {
  readonly secret: string;
  /** `<kid>.<secret>`. */
  readonly key: string;
  readonly entry: ApiKey;
}

export function makeKey(kid: string, caps: ApiKey["caps"] = { "*": ["*"] }): MadeKey {
  const secret = randomBytes(32).toString("base64url");
  return { secret, key: `${kid}.${secret}`, entry: { kid, sha256: [hashOf(secret)], caps } };
}

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
