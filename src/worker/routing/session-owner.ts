import { randomBytes } from "node:crypto";
import { readEngineRequest } from "../../engine-request.js";

/** Unguessable part of a session id, in bytes. */
const RANDOM_BYTES = 16;
/** A worker's number has at most 16 digits: it is a safe integer. What comes last names the instance, if anything does. */
const SESSION_ID = /^(\d{1,16})\.[\w-]{22}(|\.[\w-]+)$/;

/**
 * A session id that says whose it is. A worker's number is never given again in the life of its primary. `suffix` is the
 * same for all workers of an instance: empty, or a dot and its key.
 */
export function newSessionId(worker: number, suffix: string): string {
  return `${worker}.${randomBytes(RANDOM_BYTES).toString("base64url")}${suffix}`;
}

/** The worker that made this id; undefined if it is none of this instance's: other instances have the same numbers. */
export function ownerOf(sessionId: string, suffix: string): number | undefined {
  const [, owner, ending] = SESSION_ID.exec(sessionId) ?? [];
  return owner === undefined || ending !== suffix ? undefined : Number(owner);
}

/** The session that the request which begins with these bytes is for, as far as its first line tells. */
export function sessionAskedFor(bytes: Buffer, path: string): string | undefined {
  const end = bytes.indexOf("\n");
  const [method, url = ""] = bytes.subarray(0, Math.max(end, 0)).toString("latin1").split(" ", 2);
  if (method !== "GET" && method !== "POST") return undefined;
  const target = readEngineRequest(url, path);
  return target.kind === "session" ? target.sessionId : undefined;
}
