import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AppError } from "../../contract/errors.js";
import { closeWith } from "../http/close-with.js";
import { isOfUpgrade } from "../http/engine-request.js";
import { hasContent } from "../http/server.js";
import type { SlowRefusals } from "../http/slow-refusals.js";
import { type RateLimit, rateLimited } from "../trust/limits/rate-limit.js";

/** An answer other than Engine.IO's. */
export interface Refusal {
  /** The address whose rate is used up, where that is why. */
  readonly address?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * Engine.IO says the same with 400, which no proxy retries. With 404 the edge asks the next instance: while one drains, the
 * sessions of clients that belong to it are made on others.
 */
export const UNKNOWN_SESSION: Refusal = {
  status: 404,
  headers: {},
  body: { code: 1, message: "Session ID unknown" },
};

/** Of an address that has used its rate up, and may come back after the wait. */
export function rateRefusal(limit: RateLimit, address: string, waitMs: number): Refusal {
  const { headers, ...refusal } = refusalOf(rateLimited(waitMs));
  return { ...refusal, address, headers: { ...headers, ...Object.fromEntries(limit.headers(address)) } };
}

/** The error as an answer. */
export function refusalOf({ status, headers, body }: AppError): Refusal {
  return { status, headers, body: { error: body } };
}

/** As {@link refuse}, but later where the address goes on asking; the `refusal` is made when it is given. */
export function refuseSlowly(
  slowRefusals: SlowRefusals,
  address: string,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: () => Refusal,
): void {
  slowRefusals.refuse(address, request.socket, (hasWaited) => {
    if (hasWaited) response.setHeader("Connection", "close"); // whatever else comes on it is not answered
    refuse(request, response, refusal());
  });
}

/** Answers a request, or what asks for an upgrade. */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const body = JSON.stringify(refusal.body);
  const headers = {
    ...refusal.headers,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  };
  if (!isOfUpgrade(response)) {
    if (!hasContent(request)) response.setHeader("Connection", "close");
    response.writeHead(refusal.status, headers).end(body);
    return;
  }
  // The response that Engine.IO has for an upgrade can only destroy the socket.
  const lines = Object.entries({ ...headers, Connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const status = `${refusal.status} ${STATUS_CODES[refusal.status]}`;
  closeWith(request.socket, `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`);
}
