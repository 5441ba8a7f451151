import { randomBytes } from "node:crypto";
import { readEngineRequest } from "../../http/engine-request.js";

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

/**
 * The session that the first request of a connection is for, if `first`, the first that was read of it, holds that request and
 * nothing else, so that no more is to be expected before there is an answer. Only such a connection can change hands: whoever
 * has it open reads on until it is closed there, and of a body that is still coming each would get a part.
 */
export function sessionAskedFor(first: Buffer, path: string): string | undefined {
  const [method, url = ""] = first
    .subarray(0, Math.max(first.indexOf("\r\n"), 0))
    .toString("latin1")
    .split(" ", 2);
  if (method !== "GET" && method !== "POST") return undefined;
  const target = readEngineRequest(url, path);
  return target.kind === "session" && isAlone(first) ? target.sessionId : undefined;
}

/** Whether these bytes are one request with all of its body, as far as can be told without doubt. */
function isAlone(bytes: Buffer): boolean {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const header = bytes.subarray(0, end).toString("latin1");
  if (/\r\n(transfer-encoding|expect)[ \t]*:/i.test(header)) return false;
  const [length, ...others] = header.matchAll(/\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?=\r\n|$)/gi);
  const bodyBytes = length === undefined ? 0 : Number(length[1]);
  return others.length === 0 && bytes.length === end + 4 + bodyBytes;
}
