import type { Instance } from "./instance.js";

export const BALANCERS = ["round-robin", "least-connections"] as const;
export type BalancerKind = (typeof BALANCERS)[number];

/** What is in front of all instances. */
export interface Balancer {
  /** Whom it gives a connection, other than `but`, which it has tried before; undefined when there is nobody. */
  pick(but?: Instance): Instance | undefined;
  /** Those that it knows; to be called when they change. */
  know(instances: readonly Instance[]): void;
}

export function createBalancer(kind: BalancerKind): Balancer {
  let known: readonly Instance[] = [];
  let last = 0;

  function inTurn(but: Instance | undefined): Instance | undefined {
    for (let looked = 0; looked < known.length; looked += 1) {
      last = (last + 1) % known.length;
      if (known[last] !== but) return known[last];
    }
    return known[0];
  }

  /** Of several with as few the next one, or the first would get all that come in one moment. */
  function emptiest(but: Instance | undefined): Instance | undefined {
    let found: Instance | undefined;
    last = (last + 1) % Math.max(1, known.length);
    for (let looked = 0; looked < known.length; looked += 1) {
      const one = known[(last + looked) % known.length] as Instance;
      if (one !== but && (found === undefined || one.balanced < found.balanced)) found = one;
    }
    return found ?? known[0];
  }

  return {
    pick: kind === "round-robin" ? inTurn : emptiest,
    know(instances) {
      known = instances.filter(({ isInRotation }) => isInRotation);
    },
  };
}
