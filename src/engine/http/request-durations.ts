import type { Request, Response } from "express";
import type { HttpMetrics } from "../metrics/types.js";

/** Measures a request that has just come, by the pattern of its route: what no route answers, files too, is `unmatched`. */
export function measureRequest(request: Request, response: Response, metrics: HttpMetrics): void {
  const startedAt = performance.now();
  response.on("close", () => {
    const route = request.route as { readonly path?: unknown } | undefined;
    metrics.answered(
      {
        method: request.method,
        route: route?.path === undefined ? "unmatched" : `${request.baseUrl}${String(route.path)}`,
        status: response.writableFinished ? String(response.statusCode) : "aborted",
      },
      performance.now() - startedAt,
    );
  });
}
