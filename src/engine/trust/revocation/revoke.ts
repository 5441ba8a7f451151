import { AppError } from "../../../contract/errors.js";
import type { RevocationControl } from "../../../contract/revocations.js";
import type { Clock } from "../../rooms/ports.js";
import type { RevocationLimits } from "./limits.js";
import type { RevocationStore } from "./revocation-store.js";

/** `maxTtlS`: longest life of a token that is taken, in seconds. */
export function createRevoke(
  store: Pick<RevocationStore, "take" | "write" | "countWith">,
  clock: Pick<Clock, "now" | "date">,
  maxTtlS: number,
  limits: Pick<RevocationLimits, "aheadS" | "keptLongerS" | "targets" | "effectiveMs" | "renewMs">,
): RevocationControl["revoke"] {
  const { aheadS, keptLongerS, targets: most, effectiveMs, renewMs } = limits;

  return async ({ targets, issuedBeforeS, isRenewable }) => {
    if ((await store.countWith(targets)) > most) {
      const message = `There are ${most} revocations in force, which is the most; a change of the tokens' key ends all tokens`;
      throw new AppError("temporary", message, { retryAfterMs: 60_000 });
    }
    const startedAtMs = clock.now();
    const { number, atMs } = await store.take(clock.date());
    const nowS = Math.floor(atMs / 1000);
    // `iat` has whole seconds: what was issued in this one may have been issued just before.
    const beforeS = issuedBeforeS ?? nowS + 1;
    if (beforeS > nowS + aheadS)
      throw new AppError("invalid", `issuedBefore: is more than ${aheadS} s ahead, in seconds since 1970`);
    const untilMs = (Math.max(beforeS, nowS) + maxTtlS + keptLongerS) * 1000;
    const immediateBeforeS = isRenewable ? 0 : beforeS;
    await store.write(
      number,
      targets.map((target) => ({ target, issuedBeforeS: beforeS, immediateBeforeS, untilMs })),
    );
    const effectiveAtMs = atMs + (clock.now() - startedAtMs) + effectiveMs;
    const closedAtMs = effectiveAtMs + (isRenewable ? renewMs : 0);
    return { issuedBeforeS: beforeS, effectiveAtMs, closedAtMs };
  };
}
