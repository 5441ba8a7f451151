import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { AppError } from "../errors.js";
import { engineClients } from "./engine-clients.js";
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
 * keep up. Requests of its sessions always pass; those of sessions that it does not know get 404. The rate is kept by a token bucket of one second.
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
        const session = sessionOf(request);
        if (session !== undefined) {
          if (isKnown(io, session)) next();
          else refuse(request, response, UNKNOWN_SESSION);
          return;
        }
        const result = judge();
        onHandshake(result);
        if (result === "accepted") next();
        else refuse(request, response, refusalOf(result));
      });
    },
    close() {
      closed = true;
    },
  };
}

/** An answer other than Engine.IO's. */
interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * Engine.IO says the same with 400, which no proxy retries. With 404 the edge asks the next instance: while one drains, the
 * sessions of clients that belong to it are made on others.
 */
const UNKNOWN_SESSION: Refusal = {
  status: 404,
  headers: {},
  body: { code: 1, message: "Session ID unknown" },
};

function refusalOf(result: AdmissionResult): Refusal {
  const message = `No new connections here now (${result})`;
  return {
    status: 503,
    headers: { "Retry-After": RETRY_AFTER },
    body: { error: new AppError("temporary", message).body },
  };
}

function sessionOf({ url = "" }: IncomingMessage): string | undefined {
  return /[?&]sid=([^&]*)/.exec(url)?.[1];
}

/** Should the table of sessions be gone, Engine.IO decides, as ever. */
function isKnown(io: Io, session: string): boolean {
  const clients = engineClients(io);
  return clients === undefined || Object.hasOwn(clients, session);
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const body = JSON.stringify(refusal.body);
  const headers = {
    ...refusal.headers,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  };
  if (request.headers.upgrade === undefined) {
    response.writeHead(refusal.status, headers).end(body);
    return;
  }
  // Nobody else listens to this socket any more: without a listener, a client that breaks off would end the process.
  request.socket.on("error", () => {});
  // The response that Engine.IO has for an upgrade can only destroy the socket.
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `${refusal.status} ${STATUS_CODES[refusal.status]}`;
  request.socket.end(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`);
}
