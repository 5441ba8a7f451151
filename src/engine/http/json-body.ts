import { isUtf8 } from "node:buffer";
import express, { type NextFunction, type Request, type RequestHandler } from "express";
import { AppError } from "../../contract/errors.js";
import type { HeldBodies } from "./held-bodies.js";

/** Other names of UTF-8, and of a part of it. The parser knows only names that begin with `utf-`. */
const UTF_8 = /^(utf8|utf_8|us-ascii|ascii|unicode-1-1-utf-8)$/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)"?/i;

/** What bounds the bodies of all requests, and whose they are. */
export interface BodyBounds {
  readonly bodies: HeldBodies;
  addressOf(request: Request): string;
}

/**
 * Parses JSON bodies up to `limitBytes`; refuses every other kind of body instead of ignoring it. A body of no bytes is
 * none, whatever its type: clients and proxies announce it with every POST, or with every request. Of one that is called JSON an object without
 * fields is made, so that what is missing is named; the parser would do that, unless the end of the body has been seen before.
 */
export function jsonBody(limitBytes: number, bounds?: BodyBounds): RequestHandler {
  const parse = express.json({ limit: limitBytes, verify: verifyUtf8 });
  return (request, response, next) => {
    const { "content-length": length, "transfer-encoding": encoding } = request.headers;
    if (length === undefined && encoding === undefined) return next();
    if (length === undefined) whenKnown(request, take);
    else take(Number(length) === 0);

    function take(isEmpty: boolean): void {
      const isJson = request.is("application/json") !== false;
      if (isEmpty || !isJson) {
        request.resume(); // read and dropped, so that the connection can be used again
        if (isJson) request.body = {};
        next(isEmpty ? undefined : new AppError("unsupported_media_type"));
      } else if (Number(length) > limitBytes) {
        next(new AppError("too_large")); // the parser would read it to its end before it says so
      } else {
        nameCharset(request);
        const tell = once(next);
        bounds?.bodies.hold({
          ...{ request, response, address: bounds.addressOf(request) },
          becomesBytes: isCompressed(request) ? limitBytes : 0,
          refuse(error) {
            response.setHeader("Connection", "close");
            tell(error);
          },
        });
        if (length === undefined) boundRead(request, limitBytes, tell);
        parse(request, response, tell);
      }
    }
  };
}

/**
 * For a body whose length is not known. The parser reads to its end what it refuses, before it says so, and a client may send without an
 * end. So it is refused as soon as it is too large, whatever the parser says later.
 */
function boundRead(request: Request, limitBytes: number, tell: NextFunction): void {
  let left = limitBytes;
  function count(chunk: Buffer): void {
    left -= chunk.length;
    if (left >= 0) return;
    request.off("data", count);
    tell(new AppError("too_large"));
  }
  request.on("data", count);
}

/** Of a body that is refused before its end the parser tells as well. */
function once(next: NextFunction): NextFunction {
  let isTold = false;
  return (error?: unknown) => {
    if (isTold) return;
    isTold = true;
    next(error);
  };
}

function isCompressed({ headers }: Request): boolean {
  return (headers["content-encoding"] ?? "identity").toLowerCase() !== "identity";
}

/** The parser would put another character in the place of what is none, and something else would be stored than was sent. */
function verifyUtf8(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset === "utf-8" && !isUtf8(body))
    throw Object.assign(new Error("not UTF-8"), { type: "entity.parse.failed" });
}

/**
 * Without a length it takes the first byte, or the end, to know whether there is a body. Nothing is read. Never tells of a request that breaks
 * off before: it is not one without a body.
 */
function whenKnown(request: Request, tell: (isEmpty: boolean) => void): void {
  function settle(): void {
    request.off("readable", settle).off("close", settle);
    if (!request.destroyed || request.complete) tell(request.readableLength === 0);
  }
  request.on("readable", settle).on("close", settle);
}

function nameCharset({ headers }: Request): void {
  const type = headers["content-type"] ?? "";
  if (UTF_8.test(CHARSET.exec(type)?.[1] ?? ""))
    headers["content-type"] = type.replace(CHARSET, "; charset=utf-8");
}
