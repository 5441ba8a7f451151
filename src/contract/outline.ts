import type { Connection } from "mongoose";
import type { Logger } from "../engine/process/logger.js";
import { type Declared, declare, type Engine, type Feature, type InputLimits } from "./feature.js";

/** What the features declare under these limits, without anything that could serve it: for documentation and tests. */
export function outline(
  features: readonly Feature[],
  limits: InputLimits,
  connection: Connection,
): readonly Declared[] {
  const engine: Engine = {
    identity: { instance: "outline", worker: 1 },
    limits,
    rooms: { publish: absent, subscribe: absent, read: absent, scrollBack: absent },
    presence: { query: absent, watch: absent },
    stores: { mongo: { ping: absent }, redis: undefined },
    send: absent,
    database: absent,
    api: { isShown: true, declared: () => declared },
    log: new Proxy({} as Logger, { get: () => absent }),
  };
  const declared = declare(features, engine, connection);
  return declared;
}

/** Stands for every part of the engine: it may be taken, and not used. */
function absent(): never {
  throw new Error("An outline serves nobody");
}
