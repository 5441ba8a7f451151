import type { Connection } from "mongoose";
import type { Settings } from "../engine/config/config.js";
import type { FeatureMetrics } from "../engine/metrics/types.js";
import type { Declarations, Engine, Feature, InputLimits } from "./feature.js";

/** For what is measured by nobody. */
const UNSEEN: FeatureMetrics = {
  counter: () => ({ add() {} }),
  duration: () => ({ observe() {} }),
  gauge() {},
};

/**
 * What the features declare under these limits and settings, without anything that could serve it: for documentation and tests.
 */
export function outline(
  features: readonly Feature[],
  limits: InputLimits,
  connection: Connection,
  settings: Settings,
): readonly Declarations[] {
  const engine = new Proxy({ limits, settings, metrics: UNSEEN } as Engine, {
    get(target, name) {
      return name in target ? Reflect.get(target, name) : nothing(name);
    },
  });
  return features.map((feature) => feature.create(engine, connection));
}

/** A part of the engine that may be taken and not used. */
function nothing(name: string | symbol): unknown {
  return () => {
    throw new Error(`An outline has no ${String(name)}`);
  };
}
