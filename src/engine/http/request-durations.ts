import type { Request, Response } from "express";
import type { HttpMetrics } from "../metrics/types.js";

/** Measures a request that has just come, by the pattern of its route: what no route answers, files too, is `unmatched`. */
export function measureRequest(request: Request, response: Response, metrics: HttpMetrics): void {
  const startedAt = performance.now();
  const exemplar = metrics.activeTrace();
  response.on("close", () => {
    metrics.answered(
      {
        method: request.method,
        route: routeOf(request) ?? "unmatched",
        status: isAnswered(response) ? String(response.statusCode) : "aborted",
      },
      performance.now() - startedAt,
      exemplar,
    );
  });
}

/** A stream has no end of its own: that its client goes is how it ends. */
function isAnswered(response: Response): boolean {
  return response.writableFinished || (response.locals.isStream === true && response.headersSent);
}

/** The pattern of the route that answers the request; undefined before it is found, and if there is none. */
export function routeOf(request: Request): string | undefined {
  const route = request.route as { readonly path?: unknown } | undefined;
  return route?.path === undefined ? undefined : `${request.baseUrl}${String(route.path)}`;
}
