import type { Connection } from "mongoose";
import { type Declared, declare, type Engine, type Feature, type InputLimits } from "./feature.js";

/** What the features declare under these limits, without anything that could serve it: for documentation and tests. */
export function outline(
  features: readonly Feature[],
  limits: InputLimits,
  connection: Connection,
): readonly Declared[] {
  const api = { isShown: true, declared: () => declared };
  const engine = new Proxy({ limits, api } as Engine, {
    get(target, name) {
      return name in target ? Reflect.get(target, name) : nothing(name);
    },
  });
  const declared = declare(features, engine, connection);
  return declared;
}

/** A part of the engine that may be taken and not used. */
function nothing(name: string | symbol): unknown {
  return () => {
    throw new Error(`An outline has no ${String(name)}`);
  };
}
