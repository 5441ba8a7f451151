import express, { type RequestHandler } from "express";
import { AppError } from "../errors.js";

/** Parses JSON bodies up to `limitBytes`; refuses every other kind of body instead of ignoring it. */
export function jsonBody(limitBytes: number): RequestHandler[] {
  // The parser would read a body that is announced as too large to its end before it says so.
  const refuseEarly: RequestHandler = (request, _response, next) => {
    if (Number(request.headers["content-length"]) > limitBytes) throw new AppError("too_large");
    next();
  };
  return [requireJson, refuseEarly, express.json({ limit: limitBytes })];
}

const requireJson: RequestHandler = (request, _response, next) => {
  // `is` answers null without a body and false for a body of another type. A body of no bytes is none: clients announce it
  // with every POST.
  const empty = request.get("content-length") === "0";
  if (!empty && request.is("application/json") === false) throw new AppError("unsupported_media_type");
  next();
};
