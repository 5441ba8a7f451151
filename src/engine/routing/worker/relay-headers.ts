import type { IncomingMessage } from "node:http";
import { HOP_BY_HOP } from "../../http/hop-by-hop.js";
import type { HeaderLines } from "./replay.js";

/** Says that a request was relayed: it is never relayed again. A client that sends it only does without. */
const RELAYED_HEADER = "X-Shoal-Relayed";

/** What is of one connection, and what the next hop decides anew. */
const DROPPED = new Set([...HOP_BY_HOP, "expect"]);
/** Made anew from what they were. */
const REPLACED = new Set(["x-forwarded-for", "x-forwarded-proto", RELAYED_HEADER.toLowerCase()]);
/** What says where a request goes and where its body ends: no client has a reason to have it dropped on the way. */
const VITAL = new Set(["content-length", "transfer-encoding", "host", RELAYED_HEADER.toLowerCase()]);

/** Whether the request has come through a relay, or says so. */
export function isRelayed({ headers }: IncomingMessage): boolean {
  return RELAYED_HEADER.toLowerCase() in headers;
}

/**
 * Whether a relay would have to guess: the request wants vital headers dropped on the way, or its body has a coding besides
 * `chunked`. To be answered with 400.
 */
export function isAmbiguous({ rawHeaders, headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return true;
  return [...namedByConnection(rawHeaders)].some((name) => VITAL.has(name));
}

/** The header lines that the next hop gets, in their order and spelling. */
export function endToEnd(rawHeaders: HeaderLines): string[] {
  const named = namedByConnection(rawHeaders);
  const kept = pairs(rawHeaders).filter(([name]) => {
    const lower = name.toLowerCase();
    return !DROPPED.has(lower) && !named.has(lower);
  });
  return kept.flat();
}

/** The header of a relayed request, without what concerns its connection. */
export function relayedHeaders({ rawHeaders, headers, socket }: IncomingMessage): string[] {
  const kept = pairs(endToEnd(rawHeaders)).filter(([name]) => !REPLACED.has(name.toLowerCase()));
  const cameBy = [headers["x-forwarded-for"] ?? [], socket.remoteAddress ?? "unknown"].flat();
  return [
    ...kept.flat(),
    ...(headers.host === undefined ? ["Host", ""] : []), // HTTP/1.0 knows requests without it
    ...["X-Forwarded-For", cameBy.join(", ")],
    ...["X-Forwarded-Proto", [headers["x-forwarded-proto"] ?? "http"].flat().join(", ")],
    ...[RELAYED_HEADER, "1"],
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
