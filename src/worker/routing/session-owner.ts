import { randomBytes } from "node:crypto";

/** Unguessable part of a session id, in bytes. */
const RANDOM_BYTES = 16;
/** A worker's number has at most 16 digits: it is a safe integer. */
const SESSION_ID = /^(\d{1,16})\.[\w-]{22}$/;
const SID = /[?&]sid=([^&#]*)/g;

/** A session id that says whose it is. A worker's number is never given again in the life of its primary. */
export function newSessionId(worker: number): string {
  return `${worker}.${randomBytes(RANDOM_BYTES).toString("base64url")}`;
}

/** The worker that made this id; undefined if it is none of ours. */
export function ownerOf(sessionId: string): number | undefined {
  const owner = SESSION_ID.exec(sessionId)?.[1];
  return owner === undefined ? undefined : Number(owner);
}

/** The session that a request to Engine.IO at `path` is about; undefined for a handshake and for everything else. */
export function sessionIdIn(url: string, path: string): string | undefined {
  if (!url.startsWith(path)) return undefined;
  return [...url.matchAll(SID)].at(-1)?.[1]; // the last one counts, as in Engine.IO
}
