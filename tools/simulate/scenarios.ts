import type { Scenario } from "./scenario.js";
import { deploy } from "./scenarios/deploy.js";
import { keys } from "./scenarios/keys.js";
import { redis } from "./scenarios/redis.js";
import { worker } from "./scenarios/worker.js";
import { silentZone, zone } from "./scenarios/zone.js";

export const SCENARIOS: readonly Scenario[] = [deploy, zone, silentZone, redis, keys, worker];
