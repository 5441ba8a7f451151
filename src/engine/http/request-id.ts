import { randomUUID } from "node:crypto";
import type { Request, Response } from "express";

const ACCEPTED = /^[\w.:-]{1,128}$/;

declare global {
  namespace Express {
    interface Locals {
      /** Names this request in every log line about it and in the reply's X-Request-Id. */
      requestId: string;
    }
  }
}

/** Takes the caller's X-Request-Id if it is fit for a log, makes one otherwise, and sends it back. */
export function identifyRequest(request: Request, response: Response): void {
  const given = request.get("x-request-id");
  response.locals.requestId = given !== undefined && ACCEPTED.test(given) ? given : randomUUID();
  response.setHeader("X-Request-Id", response.locals.requestId);
}
