import { z } from "zod";
import { anyone } from "../../contract/access.js";
import { feature } from "../../contract/feature.js";
import { route } from "../../contract/route.js";
import { createHealth } from "./health.service.js";

const storeState = z.enum(["up", "down", "refused", "off"]);

const report = z
  .strictObject({
    status: z
      .enum(["ok", "degraded", "unavailable"])
      .describe(
        "`degraded` without Redis: only clients of one worker reach each other; `unavailable` without MongoDB",
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
  })
  .meta({ id: "HealthReport" });

/** `GET /health`, for load balancers. */
export const health = feature("health", {
  create({ identity, stores }) {
    const service = createHealth(identity, stores);
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
