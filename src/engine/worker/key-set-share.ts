import cluster from "node:cluster";
import { hearPrimary, tellPrimary } from "../ipc/channel.js";
import type { KeySetShare } from "../trust/tokens/remote-keys.js";

/** Shares the key set of tokens by way of the primary, which outlives each worker; a single process has nobody to share it with. */
export function createKeySetShare(): KeySetShare {
  return {
    tell(text, ageMs) {
      if (cluster.isWorker) tellPrimary({ type: "shoal:key-set", text, ageMs });
    },
    hear(take) {
      if (!cluster.isWorker) return () => {};
      const stopHearing = hearPrimary({ "shoal:key-set": ({ text, ageMs }) => take(text, ageMs) });
      tellPrimary({ type: "shoal:key-set-wanted" });
      return stopHearing;
    },
  };
}
