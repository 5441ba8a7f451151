import type { Connection } from "mongoose";
import type { Settings } from "../engine/config/config.js";
import type { FeatureMetrics } from "../engine/metrics/types.js";
import type { Logger } from "../engine/process/logger.js";
import type { Declared, Engine, Feature, InputLimits } from "./feature.js";

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
): readonly Declared[] {
  const engine: Engine = {
    identity: { instance: "outline", worker: 1 },
    limits,
    settings,
    metrics: UNSEEN,
    rooms: {
      publish: absent,
      subscribe: absent,
      follow: absent,
      read: absent,
      scrollBack: absent,
      list: absent,
      state: absent,
      states: absent,
      since: absent,
      end: absent,
    },
    presence: { query: absent, watch: absent },
    renewal: { renew: absent },
    access: { recheck: absent },
    may: absent,
    revocations: { revoke: absent, page: absent },
    tokens: { keysAgeMs: absent, revocationsAgeMs: absent },
    stores: { mongo: { ping: absent }, redis: undefined },
    acted: absent,
    send: absent,
    users: { find: absent, disconnect: absent, move: absent },
    instances: { here: absent, everywhere: absent },
    audience: { everyone: absent, users: absent, isComplete: absent },
    database: absent,
    api: { isShown: true, declared: () => declared },
    log: new Proxy({} as Logger, { get: () => absent }),
  };
  const declared = features.map((one) => ({ name: one.name, ...one.create(engine, connection) }));
  return declared;
}

/** Stands for every part of the engine: it may be taken, and not used. */
function absent(): never {
  throw new Error("An outline serves nobody");
}
