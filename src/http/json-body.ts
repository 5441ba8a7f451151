import express, { type RequestHandler } from "express";
import { AppError } from "../errors.js";

/** Parses JSON bodies up to `limitBytes`; refuses every other kind of body instead of ignoring it. */
export function jsonBody(limitBytes: number): RequestHandler {
  const parse = express.json({ limit: limitBytes });
  return (request, response, next) => {
    const { "content-length": length, "transfer-encoding": encoding } = request.headers;
    if (length === undefined && encoding === undefined) return next();
    // A body of no bytes is none: clients announce it with every POST.
    const isOther = length !== "0" && request.is("application/json") === false;
    if (isOther) throw new AppError("unsupported_media_type");
    // The parser would read it to its end before it says so.
    if (Number(length) > limitBytes) throw new AppError("too_large");
    return parse(request, response, next);
  };
}
