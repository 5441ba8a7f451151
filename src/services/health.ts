import type { Identity, StoreState } from "../domain.js";

/** How this process is, as `GET /health` tells it. */
export interface HealthReport extends Identity {
  /** `ok`; `degraded` without Redis, when only clients of one worker reach each other; `unavailable` without MongoDB. */
  readonly status: "ok" | "degraded" | "unavailable";
  /** Now, in ISO 8601. */
  readonly time: string;
  readonly uptimeSeconds: number;
  readonly mongo: StoreState;
  readonly redis: StoreState;
}

/** What health needs to know of a store. */
interface Pingable {
  ping(timeoutMs: number): Promise<boolean>;
}

/** Reports the health of this process by asking its stores. */
export interface Health {
  report(): Promise<HealthReport>;
}

/** A store that takes longer to answer than this counts as down, in milliseconds. */
const PING_TIMEOUT_MS = 1000;

/** `redis` is absent when none is configured. Questions asked at the same time share one answer. */
export function createHealth(identity: Identity, mongo: Pingable, redis: Pingable | undefined): Health {
  let asking: Promise<HealthReport> | undefined;

  async function ask(): Promise<HealthReport> {
    const [mongoUp, redisUp] = await Promise.all([
      mongo.ping(PING_TIMEOUT_MS),
      redis === undefined ? undefined : redis.ping(PING_TIMEOUT_MS),
    ]);
    return {
      status: mongoUp ? (redisUp === false ? "degraded" : "ok") : "unavailable",
      time: new Date().toISOString(),
      uptimeSeconds: Math.floor(process.uptime()),
      ...identity,
      mongo: mongoUp ? "up" : "down",
      redis: redisUp === undefined ? "off" : redisUp ? "up" : "down",
    };
  }

  return {
    report() {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}
