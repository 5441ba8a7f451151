import { createRateBuckets } from "../../../src/engine/trust/limits/rate-buckets.js";
import { median } from "./sums.js";

/** What a limit costs each event: the middle of several rounds, with the keys of a busy worker. */
export function nanosPerTake(): number {
  const keys = Array.from({ length: 10_000 }, (_, n) => `user-${n}`);
  const takes = 1_000_000;
  const rounds = Array.from({ length: 5 }, () => {
    const buckets = createRateBuckets({ perSecond: 50, burst: 100 }, () => performance.now());
    const begunMs = performance.now();
    for (let n = 0; n < takes; n += 1) buckets.take(keys[n % keys.length] ?? "");
    return ((performance.now() - begunMs) * 1e6) / takes;
  });
  return median(rounds);
}
