import type { RequestHandler } from "express";
import { AppError } from "../../contract/errors.js";
import type { Method } from "../../contract/route.js";

/**
 * What an address answers to every method that it does not take: 405 with `Allow`. To be mounted with `all` at the
 * address, after its methods; HEAD comes with GET.
 */
export function allowOnly(methods: readonly Method[]): RequestHandler {
  const allow = methods
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .sort()
    .join(", ");
  return (_request, response) => {
    response.setHeader("Allow", allow);
    throw new AppError("method_not_allowed");
  };
}
