import { features } from "../../app/features.js";
import { outline } from "../../contract/outline.js";
import type { Config } from "../config/config.js";
import { createInternals } from "../internals/internals.js";
import { createLogger } from "../process/logger.js";
import type { Mongo } from "../stores/mongo.js";
import { inputLimitsOf } from "./input-limits.js";
import { createStores } from "./stores.js";

/** A connection to MongoDB that is not open, with all models that a worker with this configuration has. */
export function connectionWithModels(config: Config): Mongo["connection"] {
  const log = createLogger("silent");
  const { mongo } = createStores({ ...config, redis: undefined }, createInternals([], log), log, () => {});
  outline(features, inputLimitsOf(config), mongo.connection, config.settings);
  return mongo.connection;
}
