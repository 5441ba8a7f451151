import type { Identity, StoreState } from "../../contract/domain.js";
import type { Engine } from "../../contract/feature.js";

/** How this process is, as `GET /health` tells it. */
export interface HealthReport extends Identity {
  /** `ok`; `degraded` without Redis, when only clients of one worker reach each other; `unavailable` without MongoDB. */
  readonly status: "ok" | "degraded" | "unavailable";
  /** When the stores were asked, in ISO 8601: up to a second ago. */
  readonly time: string;
  readonly uptimeSeconds: number;
  readonly mongo: StoreState;
  readonly redis: StoreState;
  /** Code of what Redis answers, such as `NOPERM`, when `redis` is `refused`. */
  readonly redisRefusal?: string;
}

/** Reports the health of this process by asking its stores. */
export interface Health {
  report(): Promise<HealthReport>;
}

/** A store that takes longer to answer than this counts as down, in milliseconds. */
const PING_TIMEOUT_MS = 1000;
/** Age up to which a report is given again, in milliseconds: whoever asks without end asks the stores once a second. */
const MAX_AGE_MS = 1000;

export function createHealth(identity: Identity, { mongo, redis }: Engine["stores"]): Health {
  let latest: Promise<HealthReport> | undefined;
  let answeredAt: number | undefined;

  async function ask(): Promise<HealthReport> {
    const [mongoUp, redisUp] = await Promise.all([
      mongo.ping(PING_TIMEOUT_MS),
      redis === undefined ? undefined : redis.ping(PING_TIMEOUT_MS),
    ]);
    const refusal = redis?.refusal();
    const report: HealthReport = {
      status: mongoUp ? (redisUp === false ? "degraded" : "ok") : "unavailable",
      time: new Date().toISOString(),
      uptimeSeconds: Math.floor(process.uptime()),
      ...identity,
      mongo: mongoUp ? "up" : "down",
      redis: redisUp === undefined ? "off" : redisUp ? "up" : refusal === undefined ? "down" : "refused",
      ...(refusal === undefined ? {} : { redisRefusal: refusal }),
    };
    answeredAt = performance.now();
    return report;
  }

  return {
    report() {
      const isOld = answeredAt !== undefined && performance.now() - answeredAt >= MAX_AGE_MS;
      if (latest === undefined || isOld) {
        answeredAt = undefined;
        latest = ask();
      }
      return latest;
    },
  };
}
