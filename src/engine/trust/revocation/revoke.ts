import { AppError } from "../../../contract/errors.js";
import type { Clock } from "../../rooms/ports.js";
import type { RevocationLimits } from "./limits.js";
import type { RevocationStore, RevocationTarget } from "./revocation-store.js";

/** What is to be revoked. */
export interface RevocationRequest {
  readonly targets: readonly RevocationTarget[];
  /** Of users: tokens that were issued before it, in seconds since 1970. Default: all that were issued so far, by MongoDB's clock. */
  readonly issuedBeforeS: number | undefined;
  /** Whether live connections have time to renew before they are closed. */
  readonly isRenewable: boolean;
}

/** What was revoked. */
export interface RevocationReceipt {
  readonly issuedBeforeS: number;
  /** When it holds on all workers at the latest; in milliseconds since 1970, by MongoDB's clock. */
  readonly effectiveAtMs: number;
}

/**
 * Resolves once it is stored so that nothing takes it back.
 * @throws {AppError} `temporary`, also when there are too many; `invalid` when `issuedBeforeS` is too far ahead.
 */
export type Revoke = (request: RevocationRequest) => Promise<RevocationReceipt>;

/** `maxTtlS`: longest life of a token that is taken, in seconds. */
export function createRevoke(
  store: Pick<RevocationStore, "take" | "write" | "countWith">,
  clock: Pick<Clock, "now">,
  maxTtlS: number,
  limits: Pick<RevocationLimits, "aheadS" | "keptLongerS" | "targets" | "effectiveMs">,
): Revoke {
  const { aheadS, keptLongerS, targets: most, effectiveMs } = limits;

  return async ({ targets, issuedBeforeS, isRenewable }) => {
    if ((await store.countWith(targets)) > most) {
      const message = `There are ${most} revocations in force, which is the most; a change of the tokens' key ends all tokens`;
      throw new AppError("temporary", message, { retryAfterMs: 60_000 });
    }
    const startedAtMs = clock.now();
    const { number, atMs } = await store.take();
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
    return { issuedBeforeS: beforeS, effectiveAtMs: atMs + (clock.now() - startedAtMs) + effectiveMs };
  };
}
