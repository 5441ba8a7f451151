import express, { type Request, type RequestHandler } from "express";
import { AppError } from "../errors.js";

/** Other names of UTF-8, and of a part of it. The parser knows only names that begin with `utf-`. */
const UTF_8 = /^(utf8|utf_8|us-ascii|ascii|unicode-1-1-utf-8)$/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)"?/i;

/**
 * Parses JSON bodies up to `limitBytes`; refuses every other kind of body instead of ignoring it. A body of no bytes is
 * none, whatever its type: clients and proxies announce it with every POST, or with every request.
 */
export function jsonBody(limitBytes: number): RequestHandler {
  const parse = express.json({ limit: limitBytes });
  return (request, response, next) => {
    const { "content-length": length, "transfer-encoding": encoding } = request.headers;
    if (length === undefined && encoding === undefined) return next();
    if (request.is("application/json") === false) {
      if (Number(length) === 0) return next();
      if (length !== undefined) throw new AppError("unsupported_media_type");
      return expectNothing(request, next);
    }
    // The parser would read it to its end before it says so.
    if (Number(length) > limitBytes) throw new AppError("too_large");
    // Nothing is compressed to something.
    if (Number(length) === 0) delete request.headers["content-encoding"];
    nameCharset(request);
    return parse(request, response, next);
  };
}

/** Without a length it takes the first byte, or the end, to know whether there is a body. */
function expectNothing(request: Request, next: (error?: unknown) => void): void {
  function settle(error?: AppError): void {
    request.off("data", onData).off("end", settle).off("close", settle);
    next(error);
  }
  // What follows is read and dropped, so that the connection can be used again.
  const onData = (): void => settle(new AppError("unsupported_media_type"));
  request.on("data", onData).on("end", settle).on("close", settle);
}

function nameCharset({ headers }: Request): void {
  const type = headers["content-type"] ?? "";
  if (UTF_8.test(CHARSET.exec(type)?.[1] ?? ""))
    headers["content-type"] = type.replace(CHARSET, "; charset=utf-8");
}
