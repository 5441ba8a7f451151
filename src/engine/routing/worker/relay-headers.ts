import type { IncomingMessage } from "node:http";
import { HOP_BY_HOP } from "../../http/hop-by-hop.js";
import { RELAYED_HEADER, type RelayProof } from "./relay-proof.js";
import type { HeaderLines } from "./replay.js";

/** What is of one connection, and what the next hop decides anew. */
const DROPPED = new Set([...HOP_BY_HOP, "expect"]);
/** Made anew from what they were. */
const REPLACED = new Set(["x-forwarded-for", "x-forwarded-proto", RELAYED_HEADER.toLowerCase()]);
/** What says where a request goes and where its body ends: no client has a reason to have it dropped on the way. */
const VITAL = new Set(["content-length", "transfer-encoding", "host", RELAYED_HEADER.toLowerCase()]);

/**
 * Whether a relay would have to guess: the request wants vital headers dropped on the way, or its body has a coding besides
 * `chunked`. To be answered with 400.
 */
export function isAmbiguous({ rawHeaders, headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return true;
  return [...namedByConnection(rawHeaders)].some((name) => VITAL.has(name));
}

/** The header lines of an answer for the next hop, in their order and spelling. */
export function endToEnd(rawHeaders: HeaderLines): string[] {
  const named = namedByConnection(rawHeaders);
  const kept = pairs(rawHeaders).filter(([name]) => {
    const lower = name.toLowerCase();
    return !DROPPED.has(lower) && !named.has(lower);
  });
  return kept.flat();
}

/**
 * The header of a relayed request, without what concerns its connection. It proves that it was relayed. Lines that `Connection` names stay: the
 * session's own worker heeds them, and the answer does not depend on the way.
 */
export function relayedHeaders(
  { method = "", url: target = "", rawHeaders, headers, socket }: IncomingMessage,
  proof: Pick<RelayProof, "make">,
): string[] {
  const kept = pairs(rawHeaders).filter(([name]) => {
    const lower = name.toLowerCase();
    return !DROPPED.has(lower) && !REPLACED.has(lower);
  });
  const cameBy = [headers["x-forwarded-for"] ?? [], socket.remoteAddress ?? "unknown"].flat();
  const forwardedFor = cameBy.join(", ");
  const forwardedProto = [headers["x-forwarded-proto"] ?? "http"].flat().join(", ");
  return [
    ...kept.flat(),
    ...(headers.host === undefined ? ["Host", ""] : []), // HTTP/1.0 knows requests without it
    ...["X-Forwarded-For", forwardedFor],
    ...["X-Forwarded-Proto", forwardedProto],
    ...[RELAYED_HEADER, proof.make({ method, target, forwardedFor, forwardedProto })],
  ];
}

function namedByConnection(rawHeaders: HeaderLines): Set<string> {
  const named = new Set<string>();
  for (const [name, value] of pairs(rawHeaders)) {
    if (name.toLowerCase() !== "connection") continue;
    for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  }
  return named;
}

function pairs(rawHeaders: HeaderLines): [string, string][] {
  return rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as [string, string]] : [],
  );
}
