import { Router } from "express";
import { z } from "zod";
import type { ConnectionAudit } from "../../services/connection-audit.js";
import { parse, wholeNumber } from "../../validation.js";
import { allowOnly } from "../allow-only.js";

const query = z.strictObject({ limit: wholeNumber(1, 500).default(50) });

/** `GET /connections?limit=`: the newest connects and disconnects, newest first, without client addresses. */
export function connectionRoutes(audit: ConnectionAudit): Router {
  return Router()
    .get("/connections", async (request, response) => {
      const { limit } = parse(query, request.query);
      const events = await audit.recent(limit);
      response.json({ events: events.map(({ address: _private, ...event }) => event) });
    })
    .all("/connections", allowOnly("GET"));
}
