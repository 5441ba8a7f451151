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

/** What a route of the server API has answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the route says, for the test to judge
  readonly body: any;
}

/** Calls the server API at `url` with this key, or without one. */
export function apiOf(url: string, key?: string) {
  return async (method: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
}
