import { Router } from "express";
import type { Health } from "../../services/health.js";
import { allowOnly } from "../allow-only.js";

/** `GET /health`: 200 while the service can serve, also without Redis; 503 without MongoDB. */
export function healthRoutes(health: Health): Router {
  return Router()
    .get("/health", async (_request, response) => {
      const report = await health.report();
      response.setHeader("Cache-Control", "no-store");
      response.status(report.status === "unavailable" ? 503 : 200).json(report);
    })
    .all("/health", allowOnly("GET"));
}
