import { z } from "zod";
import { anyone } from "../../contract/access.js";
import { feature } from "../../contract/feature.js";
import { route } from "../../contract/route.js";
import { createHealth } from "./health.service.js";

const freshness = z.enum(["fresh", "stale", "off"]);
const storeState = z.enum(["up", "down", "refused", "off"]);

const report = z
  .strictObject({
    status: z
      .enum(["ok", "degraded", "unavailable"])
      .describe(
        "`degraded` without Redis, when only clients of one worker reach each other, or with something stale; `unavailable` without MongoDB",
      ),
    time: z.iso.datetime().describe("When the stores were asked: up to a second ago"),
    uptimeSeconds: z.int().min(0),
    instance: z.string().max(64),
    worker: z.int().min(1),
    mongo: storeState,
    redis: storeState,
    redisRefusal: z
      .string()
      .max(64)
      .optional()
      .describe("Code of what Redis answers, such as `NOPERM`, when `redis` is `refused`"),
    tokenKeys: freshness.describe(
      "The key set of AUTH_JWKS_URL: `stale` above 15 minutes, when tokens of new keys are `temporary`; known keys serve for 24 h",
    ),
    revocations: freshness.describe(
      "The list of revocations: `stale` above 30 s; above 60 s nobody new is let in",
    ),
  })
  .meta({ id: "HealthReport" });

/** `GET /health`, for load balancers. */
export const health = feature("health", {
  create({ identity, stores, tokens }) {
    const service = createHealth(identity, stores, tokens);
    return {
      routes: [
        route(
          "GET",
          "/health",
          {
            summary: "Tells whether this worker can serve: 200 also without Redis, 503 without MongoDB.",
            access: anyone,
            reply: report,
            status: { all: [200, 503], of: ({ status }) => (status === "unavailable" ? 503 : 200) },
            anyHost: true,
            fresh: true,
          },
          () => service.report(),
        ),
      ],
    };
  },
});
