import { randomBytes } from "node:crypto";

/** Unguessable part of a session id, in bytes. */
const RANDOM_BYTES = 16;
/** A worker's number has at most 16 digits: it is a safe integer. What comes last names the instance, if anything does. */
const SESSION_ID = /^(\d{1,16})\.[\w-]{22}(|\.[\w-]+)$/;
const SID = /[?&]sid=([^&#]*)/g;

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

/** The session that a request to Engine.IO at `path` is about; undefined for a handshake and for everything else. */
export function sessionIdIn(url: string, path: string): string | undefined {
  if (!url.startsWith(path) || !url.includes("sid=")) return undefined; // most requests that are not for a session end here
  return [...url.matchAll(SID)].at(-1)?.[1]; // the last one counts, as in Engine.IO
}
