import type { Connection } from "mongoose";
import type { Logger } from "../engine/process/logger.js";
import type { Declarations, Engine, Feature, InputLimits } from "./feature.js";

/** What the features declare under these limits, without anything that could serve it: for documentation and tests. */
export function outline(
  features: readonly Feature[],
  limits: InputLimits,
  connection: Connection,
): readonly Declarations[] {
  const engine: Engine = {
    identity: { instance: "outline", worker: 1 },
    limits,
    rooms: { publish: absent, subscribe: absent, read: absent, scrollBack: absent },
    presence: { query: absent, watch: absent },
    stores: { mongo: { ping: absent }, redis: undefined },
    send: absent,
    database: absent,
    log: new Proxy({} as Logger, { get: () => absent }),
  };
  return features.map((feature) => feature.create(engine, connection));
}

/** Stands for every part of the engine: it may be taken, and not used. */
function absent(): never {
  throw new Error("An outline serves nobody");
}
