import { createHash } from "node:crypto";
import type { Config } from "../../config/config.js";

/** Characters of a key, 6 bits each: among a thousand instances two have the same one with a chance of 2 in 10^9. */
const KEY_LENGTH = 8;
/** Ids of instances without a key end otherwise: Engine.IO's have no dot, and forward's have 22 characters after it. */
const KEY = /\.([\w-]{8})$/;

/** Stands for an instance in its session ids, as its name may be long and should not be told to clients. */
export function instanceKey(instance: string): string {
  return createHash("sha256").update(instance).digest("base64url").slice(0, KEY_LENGTH);
}

/** What the session ids of this instance end with: a dot and its key if other instances are to find it, else nothing. */
export function sessionSuffix({ peerUrl, instance }: Pick<Config, "peerUrl" | "instance">): string {
  return peerUrl === "" ? "" : `.${instanceKey(instance)}`;
}

/** The key that a session id ends with; a client may have invented it. */
export function keyIn(sessionId: string): string | undefined {
  return KEY.exec(sessionId)?.[1];
}
