import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../contract/errors.js";
import type { ClientAddress } from "../http/client-address.js";
import { isOfUpgrade, readEngineRequest } from "../http/engine-request.js";
import type { EventStreams } from "../http/event-streams.js";
import type { HostCheck, OriginCheck } from "../http/origin.js";
import type { SlowRefusals } from "../http/slow-refusals.js";
import type { SpacedRequests } from "../http/spaced-requests.js";
import { addressKey } from "../trust/limits/address-key.js";
import type { RateLimit } from "../trust/limits/rate-limit.js";
import type { Connections } from "./connections/connections.js";
import type { Io } from "./io.js";
import { createPreflights } from "./preflights.js";
import { type Refusal, rateRefusal, refusalOf, refuse, refuseSlowly, UNKNOWN_SESSION } from "./refusal.js";

/** Why a handshake is not let in, or that it is. */
export type AdmissionResult = "accepted" | "draining" | "full" | "rate" | "address" | "overload";

/** How much of a worker new clients may take. */
export interface AdmissionLimits {
  /** Connections at a time, streams of events included. */
  readonly connections: number;
  /** Also what may come at once after a quiet second. */
  readonly handshakesPerSecond: number;
  /** Mean lag of the event loop, over the last second, above which nobody new comes in. */
  readonly lagMs: number;
}

/** What a door is made of. */
export interface AdmissionParts {
  readonly io: Io;
  readonly connections: Connections;
  readonly streams: Pick<EventStreams, "count">;
  readonly limits: AdmissionLimits;
  /** Of one address. */
  readonly handshakes: RateLimit;
  /** Of one address, by HTTP. */
  readonly requests: RateLimit;
  readonly slowRefusals: SlowRefusals;
  /** Of handshakes. */
  readonly spaced: SpacedRequests;
  readonly clientAddress: ClientAddress;
  /** Of ALLOWED_HOSTS. */
  readonly isOwnHost: HostCheck;
  readonly checkOrigin: OriginCheck;
  meanLagMs(): number;
  /** Hears of what was decided. */
  onHandshake(result: AdmissionResult, request: IncomingMessage): void;
}

/** The door of a worker. */
export interface Admission {
  /** Puts the check in front of everything that a handshake costs. After `io` is attached. */
  install(): void;
  /** From now on nobody new comes in; for good. */
  close(): void;
}

/** Time after which a refused client may come back, in milliseconds. Socket.IO clients have a back-off of their own. */
const RETRY_AFTER_MS = 2000;

/** A connection keeps the address of its handshake, and each name in it, for life: up to 90 kB of the 16 kB that Node reads. */
const MOST_URL_CHARACTERS = 2048;

/**
 * Refuses handshakes with 503, which clients and load balancers retry elsewhere, while a worker drains, is full or cannot
 * keep up, and with 429 those of an address that has had its share. Requests of its sessions always pass; those of sessions that it does
 * not know get 404, those for another host 403, those that can be read in two ways 400, and those that announce a body beyond the limit end
 * their session with 413. The rate is kept by a token bucket of one second.
 */
export function createAdmission(parts: AdmissionParts): Admission {
  const { io, connections, streams, limits, handshakes, slowRefusals, spaced, clientAddress } = parts;
  const { isOwnHost, meanLagMs, onHandshake } = parts;
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
    if (io.engine.clientsCount + streams.count() >= limits.connections) return "full";
    if (meanLagMs() > limits.lagMs) return "overload";
    return takeToken() ? "accepted" : "rate";
  }

  /** Asked before the worker's own rate, of which an address that is refused takes nothing. */
  function refusalOfAddress(request: IncomingMessage, key: string): Refusal | undefined {
    const waitMs = handshakes.take(key);
    if (waitMs === 0) return undefined;
    onHandshake("address", request);
    return rateRefusal(handshakes, key, waitMs);
  }

  function isTooLarge({ method, headers }: IncomingMessage): boolean {
    const { maxHttpBufferSize = Number.POSITIVE_INFINITY } = io.engine.opts;
    return method === "POST" && Number(headers["content-length"]) > maxHttpBufferSize;
  }

  function refusalFor(request: IncomingMessage, isUpgrade: boolean): Refusal | LetIn {
    const { url = "" } = request;
    const asked = readEngineRequest(url, `${io.path()}/`);
    if (asked.kind === "session") {
      if (!isOwnHost(request)) return OTHER_HOST; // of handshakes Engine.IO asks
      const connection = connections.get(asked.sessionId);
      if (connection === undefined) return UNKNOWN_SESSION;
      if (isTooLarge(request)) {
        connection.cut(); // as Engine.IO does
        return BODY_TOO_LARGE;
      }
      return !isUpgrade || connection.mayUpgrade ? { spacedBy: undefined } : SECOND_WEBSOCKET;
    }
    if (asked.kind !== "handshake") return MALFORMED;
    if (url.length > MOST_URL_CHARACTERS) return TOO_LONG;
    const address = addressKey(clientAddress(request));
    const refusal = refusalOfAddress(request, address);
    if (refusal !== undefined) return refusal;
    const result = judge();
    onHandshake(result, request);
    return result === "accepted" ? { spacedBy: address } : notNow(result);
  }

  return {
    install() {
      io.engine.use(createPreflights(parts));
      io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        const refusal = refusalFor(request, isOfUpgrade(response));
        if ("spacedBy" in refusal) {
          const { spacedBy } = refusal;
          if (spacedBy === undefined) return next();
          spaced.space(spacedBy, request.socket, () => {
            if (closed) refuse(request, response, notNow("draining"));
            else next();
          });
          return;
        }
        if (refusal.address === undefined) return refuse(request, response, refusal);
        refuseSlowly(slowRefusals, refusal.address, request, response, () => refusal);
      });
    },
    close() {
      closed = true;
    },
  };
}

/** No refusal. */
interface LetIn {
  /** The address with whose other handshakes it is spaced; undefined for a request of a session. */
  readonly spacedBy: string | undefined;
}

const OTHER_HOST: Refusal = {
  status: 403,
  headers: {},
  body: { error: new AppError("forbidden", "This host is not served here").body },
};

/** Engine.IO says so in the midst of the body and closes the connection: the answer may be lost, and a relay says 502 then. */
const BODY_TOO_LARGE: Refusal = {
  status: 413,
  headers: {},
  body: { error: new AppError("too_large").body },
};

/** Each would be one more socket of a session that counts as one connection. */
const SECOND_WEBSOCKET: Refusal = {
  status: 400,
  headers: {},
  body: { error: new AppError("invalid", "The session has its WebSocket").body },
};

/** Engine.IO would take it for a handshake or for a session, and a proxy in front of it for something else. */
const MALFORMED: Refusal = {
  status: 400,
  headers: {},
  body: { error: new AppError("invalid", "The address names no session, or more than one").body },
};

const TOO_LONG: Refusal = {
  status: 400,
  headers: {},
  body: {
    error: new AppError("invalid", `The address has more than ${MOST_URL_CHARACTERS} characters`).body,
  },
};

function notNow(result: AdmissionResult): Refusal {
  const message = `No new connections here now (${result})`;
  return refusalOf(new AppError("temporary", message, { retryAfterMs: RETRY_AFTER_MS }));
}
