import type { Request, RequestHandler, Response } from "express";
import morgan from "morgan";
import { type Logger, redactUri } from "../process/logger.js";
import type { ClientAddress } from "./client-address.js";

/**
 * One log line per request, once its response has ended or its client has gone; at `debug` for files, of which a page has many.
 * Queries are left out: they may hold secrets.
 */
export function accessLog(log: Logger, clientAddress: ClientAddress): RequestHandler {
  return morgan<Request, Response>((tokens, request, response) => {
    const status = tokens.status?.(request, response);
    log[response.locals.isFile === true ? "debug" : "info"](
      {
        requestId: response.locals.requestId,
        method: request.method,
        path: pathOf(request.originalUrl),
        status: status === undefined ? "aborted" : Number(status),
        durationMs: Number(tokens["total-time"]?.(request, response)) || undefined,
        address: clientAddress(request),
      },
      "request",
    );
    return undefined;
  });
}

/** A path may begin with two slashes and a password, as a URL without its scheme, and end with a fragment, in which browsers get tokens. */
function pathOf(target: string): string {
  return redactUri(target.split(/[?#]/, 1)[0] ?? "");
}
