import { ServerResponse } from "node:http";

/** Where Engine.IO answers: the default of Socket.IO, with the slash that it puts at the end. */
export const ENGINE_PATH = "/socket.io/";

/** What a request is to Engine.IO. */
export type EngineRequest =
  /** For somebody else: Engine.IO does not look at it. */
  | { readonly kind: "other" }
  /** Asks for a new session. */
  | { readonly kind: "handshake" }
  /** Belongs to a session, which may be unknown. */
  | { readonly kind: "session"; readonly sessionId: string }
  /** Engine.IO would take it, and somebody in front of it may read another session in it, or none: to be refused with 400. */
  | { readonly kind: "malformed" };

const OTHER: EngineRequest = { kind: "other" };
const HANDSHAKE: EngineRequest = { kind: "handshake" };
const MALFORMED: EngineRequest = { kind: "malformed" };

/** Completes a request's target in the way in which Engine.IO does. */
const BASE = "https://socket.io";
/** Every session id that a server of this family makes, written without an escape. */
const SESSION_ID = /^[\w.-]{1,256}$/;

/**
 * Says what the target of a request (`request.url` as Node gives it) is to an Engine.IO server at `path` (with its slash at the
 * end, `/socket.io/`). This is the only reader of session ids in targets. It reads as Engine.IO 6.6 does: the path is a prefix,
 * the query is what `URL` makes of it, and of several `sid` the last one counts. Stock clients write one way only, so that whatever
 * another reader could read otherwise is malformed: more than one `sid`, an empty or an escaped one, a fragment, more of a path.
 */
export function readEngineRequest(url: string, path: string): EngineRequest {
  if (!url.startsWith(path)) return OTHER;
  const query = url.slice(path.length);
  if ((query !== "" && !query.startsWith("?")) || query.includes("#")) return MALFORMED;
  const [sessionId, ...others] = new URL(url, BASE).searchParams.getAll("sid");
  if (sessionId === undefined) return HANDSHAKE;
  const isPlain = others.length === 0 && SESSION_ID.test(sessionId);
  const isLiteral = isPlain && query.slice(1).split("&").includes(`sid=${sessionId}`);
  return isLiteral ? { kind: "session", sessionId } : MALFORMED;
}

/**
 * Whether what Engine.IO gives its middleware as a response is one to an upgrade, for which it has a class of its own: a request with the header
 * `Upgrade` and without `Connection: Upgrade` is none for Node.
 */
export function isOfUpgrade(response: object): boolean {
  return !(response instanceof ServerResponse);
}
