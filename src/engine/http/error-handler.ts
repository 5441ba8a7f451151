import type { ErrorRequestHandler, RequestHandler } from "express";
import { AppError, type ErrorCode } from "../../contract/errors.js";
import type { Logger } from "../process/logger.js";

/** What no route answered. */
export const notFound: RequestHandler = () => {
  throw new AppError("not_found");
};

/**
 * The end of every error's way: one JSON shape for the client, and a log line if it is ours to mend. What is temporary without a cause
 * can be brought about by whoever asks, such as by a token of a key that nobody has: that is told at the level debug.
 */
export function errorHandler(log: Logger): ErrorRequestHandler {
  // Express knows a handler of errors by its four parameters.
  return (error: unknown, request, response, _next) => {
    const known = toAppError(error);
    if (known.code === "internal" || known.code === "temporary") {
      const level = known.code === "internal" || known.cause !== undefined ? "error" : "debug";
      // The route as it is declared: what a client has put into its path is no part of it.
      const where = { method: request.method, route: (request.route as { path: string } | undefined)?.path };
      log[level](
        { requestId: response.locals.requestId, ...where, err: known.cause ?? known },
        "request failed",
      );
    }
    if (response.headersSent) {
      response.destroy(); // the client must not take half an answer for a whole one
      return;
    }
    for (const [name, value] of Object.entries(known.headers)) response.setHeader(name, value);
    response.status(known.status).json({ error: known.body });
  };
}

/** What the parser of bodies says, as a code and, where that would say too little, a message. */
const BODY_PARSER_ERRORS: Readonly<Record<string, readonly [code: ErrorCode, message?: string]>> = {
  "entity.parse.failed": ["malformed_json"],
  "entity.too.large": ["too_large"],
  "encoding.unsupported": [
    "unsupported_media_type",
    "The Content-Encoding must be gzip, deflate, br or identity",
  ],
  "charset.unsupported": ["unsupported_media_type", "The charset of the body must be utf-8"],
};

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  const known = typeof type === "string" ? BODY_PARSER_ERRORS[type] : undefined;
  if (known !== undefined) return new AppError(known[0], known[1], { cause: error });
  if (status === 404) return new AppError("not_found", undefined, { cause: error });
  // Express and its parsers mark what the client did wrong with a 4xx status.
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new AppError("invalid", undefined, { cause: error });
  }
  return new AppError("internal", undefined, { cause: error });
}
