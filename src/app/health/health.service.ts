import type { Identity, StoreState } from "../../contract/domain.js";
import type { Engine } from "../../contract/feature.js";

/** How this process is, as `GET /health` tells it. */
export interface HealthReport extends Identity {
  /**
   * `ok`; `degraded` without Redis, when only clients of one worker reach each other, or with something stale, when tokens may not be decided;
   * `unavailable` without MongoDB.
   */
  readonly status: "ok" | "degraded" | "unavailable";
  /** When the stores were asked, in ISO 8601: up to a second ago. */
  readonly time: string;
  readonly uptimeSeconds: number;
  readonly mongo: StoreState;
  readonly redis: StoreState;
  /** Code of what Redis answers, such as `NOPERM`, when `redis` is `refused`. */
  readonly redisRefusal?: string;
  /** The key set of tokens; `off` where none is asked for. */
  readonly tokenKeys: Freshness;
  /** The list of revocations; `off` where there are no tokens. */
  readonly revocations: Freshness;
}

/** `stale`: older than it is while all is well. */
export type Freshness = "fresh" | "stale" | "off";

/** Reports the health of this process by asking its stores. */
export interface Health {
  report(): Promise<HealthReport>;
}

/** A store that takes longer to answer than this counts as down, in milliseconds. */
const PING_TIMEOUT_MS = 1000;
/** Age up to which a report is given again, in milliseconds: whoever asks without end asks the stores once a second. */
const MAX_AGE_MS = 1000;
/** Ages above which something is stale, in milliseconds: the key set is asked for every 10 minutes, revocations are every 5 s. */
const STALE_MS = { tokenKeys: 15 * 60_000, revocations: 30_000 } as const;

export function createHealth(
  identity: Identity,
  { mongo, redis }: Engine["stores"],
  tokens: Engine["tokens"],
): Health {
  let latest: Promise<HealthReport> | undefined;
  let answeredAt: number | undefined;

  async function ask(): Promise<HealthReport> {
    const [mongoUp, redisUp] = await Promise.all([
      mongo.ping(PING_TIMEOUT_MS),
      redis === undefined ? undefined : redis.ping(PING_TIMEOUT_MS),
    ]);
    const refusal = redis?.refusal();
    const ofTokens = {
      tokenKeys: freshness(tokens.keysAgeMs(), STALE_MS.tokenKeys),
      revocations: freshness(tokens.revocationsAgeMs(), STALE_MS.revocations),
    };
    const isDegraded = redisUp === false || Object.values(ofTokens).includes("stale");
    const report: HealthReport = {
      status: mongoUp ? (isDegraded ? "degraded" : "ok") : "unavailable",
      time: new Date().toISOString(),
      uptimeSeconds: Math.floor(process.uptime()),
      ...identity,
      mongo: mongoUp ? "up" : "down",
      redis: redisUp === undefined ? "off" : redisUp ? "up" : refusal === undefined ? "down" : "refused",
      ...(refusal === undefined ? {} : { redisRefusal: refusal }),
      ...ofTokens,
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

function freshness(ageMs: number | undefined, staleMs: number): Freshness {
  if (ageMs === undefined) return "off";
  return ageMs > staleMs ? "stale" : "fresh";
}
