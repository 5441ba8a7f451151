import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from "node:http";
import { flushHeader } from "../../http/server.js";
import type { Destination } from "./destination.js";
import { endToEnd, relayedHeaders } from "./relay-headers.js";
import { RELAYED_HEADER, type RelayProof } from "./relay-proof.js";

/** Longest wait for a connection to another process, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 2000;

/** Where a request goes, and who hears what came of it. */
export interface Errand {
  readonly destination: Destination;
  readonly sessionId: string;
  readonly proof: RelayProof;
  /** After this long without a byte there is nobody any more, in milliseconds: there are heartbeats. */
  readonly silenceMs: number;
  /** The session has nobody: whoever has it is not there, or has gone. Nothing was answered. */
  handleHere(): void;
}

/**
 * Runs an errand. Returns what ends it: where nothing was answered, a packet that may have been carried out is answered as one without an answer in
 * time. A poll is broken off, which clients and proxies repeat. Either end takes the other with it.
 */
export function relayRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  errand: Errand,
): () => void {
  const isPoll = incoming.method === "GET";
  const outgoing = send(incoming, errand);
  let timer = setTimeout(giveUp, CONNECT_TIMEOUT_MS);
  let late = false;
  let stage: "connecting" | "asking" | "over" = "connecting";

  function giveUp(): void {
    late = true;
    outgoing.destroy(new Error("no answer in time"));
  }

  function onConnected(): void {
    stage = "asking";
    errand.destination.onReached();
    clearTimeout(timer);
    if (isPoll) timer = setTimeout(giveUp, errand.silenceMs);
    else incoming.once("end", onAsked);
    flushHeader(outgoing, incoming);
    incoming.pipe(outgoing);
  }

  /** Where its session is, a POST may be held, but not for longer than the session lives without it. */
  function onAsked(): void {
    if (stage === "asking") timer = setTimeout(giveUp, errand.silenceMs);
  }

  function onError(error: NodeJS.ErrnoException): void {
    clearTimeout(timer);
    incoming.unpipe(outgoing);
    if (stage === "over") return; // the client has gone or has its answer, and this is the echo
    const wasSent = stage === "asking";
    stage = "over";
    const isUnreachable = !wasSent && (late || isAbsence(error));
    if (isUnreachable) errand.destination.onUnreachable(error);
    // Where a poll breaks off, only the worker of the session has gone, perhaps; others of that instance go on.
    if (isUnreachable || (wasSent && isPoll && !late)) errand.handleHere();
    else refuse(response, wasSent ? (late ? 504 : 502) : 503);
  }

  outgoing.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", onConnected);
    else onConnected();
  });
  outgoing.once("response", (answer) => {
    clearTimeout(timer);
    stage = "over";
    if (!incoming.complete) incoming.unpipe(outgoing).resume(); // what is left of the body nobody wants
    if (RELAYED_HEADER.toLowerCase() in answer.headers) errand.destination.onRefused();
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
    answer.once("error", () => response.destroy()); // half an answer must not pass for a whole one
    answer.pipe(response);
  });
  outgoing.on("error", onError);
  response.once("close", () => {
    clearTimeout(timer);
    stage = "over";
    if (!response.writableFinished || !outgoing.writableFinished) outgoing.destroy();
  });
  return () => {
    if (isPoll || stage === "over") return void response.destroy();
    clearTimeout(timer);
    incoming.unpipe(outgoing);
    const wasSent = stage === "asking";
    stage = "over";
    refuse(response, wasSent ? 504 : 503);
    outgoing.destroy();
  };
}

/** The body is framed by node:http, from what its own parser has read: as long as it was said to be, or in chunks. */
function send(incoming: IncomingMessage, { destination, sessionId, proof }: Errand): ClientRequest {
  const headers = relayedHeaders(incoming, proof);
  // Without this line the next hop would take the request for one without a body.
  if (incoming.headers["transfer-encoding"] !== undefined) {
    headers.push("Transfer-Encoding", "chunked");
  }
  headers.push("Connection", "keep-alive");
  const agent = destination.agentFor(sessionId);
  const { method, url } = incoming;
  return request({ ...destination.address, agent, method, path: url, setHost: false, headers });
}

/** Nobody listens there; everything else may be this side's fault. */
function isAbsence({ code = "" }: NodeJS.ErrnoException): boolean {
  return [
    "ENOENT",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ETIMEDOUT",
  ].includes(code);
}

/**
 * Where it is not known whether a packet was carried out, the status is none on which a proxy asks again: another instance
 * would send it to the same session a second time.
 */
function refuse(response: ServerResponse, status: 502 | 503 | 504): void {
  response.shouldKeepAlive = false;
  response.req.resume(); // what is left of the body nobody wants
  response.writeHead(status, { "Retry-After": "1", "Content-Length": "0" }).end();
}
