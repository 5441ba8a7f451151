import type { IncomingMessage, ServerResponse } from "node:http";
import type { Io } from "./io.js";

/** Why a handshake is not let in, or that it is. */
export type AdmissionResult = "accepted" | "draining" | "full" | "rate" | "overload";

/** How much of a worker new clients may take. */
export interface AdmissionLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** Also what may come at once after a quiet second. */
  readonly handshakesPerSecond: number;
  /** Mean lag of the event loop, over the last second, above which nobody new comes in. */
  readonly lagMs: number;
}

/** The door of a worker. */
export interface Admission {
  /** Puts the check in front of everything that a handshake costs. After `io` is attached. */
  install(): void;
  /** From now on nobody new comes in; for good. */
  close(): void;
}

/** Seconds after which a refused client may come back. Socket.IO clients have a back-off of their own. */
const RETRY_AFTER = "2";

/**
 * Refuses handshakes with 503, which clients and load balancers retry elsewhere, while a worker drains, is full or cannot
 * keep up. Requests of existing sessions always pass. The rate is kept by a token bucket of one second.
 */
export function createAdmission(
  io: Io,
  limits: AdmissionLimits,
  meanLagMs: () => number,
  onHandshake: (result: AdmissionResult) => void,
): Admission {
  let closed = false;
  let tokens = limits.handshakesPerSecond;
  let filledAtMs = performance.now();

  function takeToken(): boolean {
    const nowMs = performance.now();
    tokens = Math.min(
      tokens + ((nowMs - filledAtMs) / 1000) * limits.handshakesPerSecond,
      limits.handshakesPerSecond,
    );
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }

  function judge(): AdmissionResult {
    if (closed) return "draining";
    if (io.engine.clientsCount >= limits.connections) return "full";
    if (meanLagMs() > limits.lagMs) return "overload";
    return takeToken() ? "accepted" : "rate";
  }

  return {
    install() {
      io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (hasSession(request)) return next();
        const result = judge();
        onHandshake(result);
        if (result === "accepted") next();
        else refuse(request, response, result);
      });
    },
    close() {
      closed = true;
    },
  };
}

function hasSession({ url = "" }: IncomingMessage): boolean {
  return /[?&]sid=/.test(url);
}

function refuse(request: IncomingMessage, response: ServerResponse, result: AdmissionResult): void {
  const body = JSON.stringify({
    error: { code: "temporary", message: `No new connections here now (${result})` },
  });
  const headers = {
    "Retry-After": RETRY_AFTER,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  };
  if (request.headers.upgrade === undefined) {
    response.writeHead(503, headers).end(body);
    return;
  }
  // The response that Engine.IO has for an upgrade can only destroy the socket.
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  request.socket.end(`HTTP/1.1 503 Service Unavailable\r\n${lines.join("")}\r\n${body}`);
}
