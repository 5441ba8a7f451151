import type { Passport } from "../../../contract/passport.js";
import type { Clock } from "../../rooms/ports.js";
import type { Revocation } from "./revocation-store.js";

/** What becomes of a passport: nothing, its connection may renew it for a while, or it is void at once. Void for the way in are both. */
export type Verdict = "valid" | "renewable" | "revoked";

/** All revocations in force, in memory. */
export interface RevocationList {
  readonly size: number;
  /** Takes over what was read, in whatever order and however often; never weakens what it knows. */
  put(revocations: readonly Revocation[]): void;
  /**
   * Drops what is over at this time of MongoDB's clock, in milliseconds since 1970, if this list has known it for `keptMs` as well: the
   * records are not read again, and a clock may be wrong for a moment.
   */
  prune(nowMs: number): void;
  /** Two look-ups. A token that does not say when it was issued is void by any revocation of its user. */
  verdictOf(passport: Passport): Verdict;
}

type Strength = Omit<Revocation, "target">;

interface Entry extends Strength {
  /** When this was learnt, by the steady clock. */
  readonly sinceMs: number;
}

const USER = "user:";
const TOKEN = "token:";

/** `keptMs`: how long anything is known at the least. */
export function createRevocationList(clock: Pick<Clock, "now">, keptMs: number): RevocationList {
  const users = new Map<string, Entry>();
  const tokens = new Map<string, Entry>();

  function putOne(entries: Map<string, Entry>, id: string, { target: _, ...read }: Revocation): void {
    const known = entries.get(id);
    // Looks overlap: what is known already is no news.
    if (known !== undefined && isAsStrong(known, read)) return;
    entries.set(id, { ...(known === undefined ? read : strongest(known, read)), sinceMs: clock.now() });
  }

  return {
    get size() {
      return users.size + tokens.size;
    },
    put(revocations) {
      for (const revocation of revocations) {
        const { target } = revocation;
        if (target.startsWith(USER)) putOne(users, target.slice(USER.length), revocation);
        else putOne(tokens, target.slice(TOKEN.length), revocation);
      }
    },
    prune(nowMs) {
      const learntMs = clock.now() - keptMs;
      for (const entries of [users, tokens])
        for (const [id, { untilMs, sinceMs }] of entries)
          if (untilMs < nowMs && sinceMs < learntMs) entries.delete(id);
    },
    verdictOf({ user, token }) {
      if (token === undefined) return "valid";
      const ofToken = token.id === undefined ? undefined : tokens.get(token.id);
      const ofUser = user === undefined ? undefined : users.get(user);
      // The number of a single token's record means nothing but that there is one.
      if ((ofToken?.immediateBeforeS ?? 0) > 0) return "revoked";
      if (isBefore(token.issuedAtS, ofUser?.immediateBeforeS)) return "revoked";
      const isVoid = ofToken !== undefined || isBefore(token.issuedAtS, ofUser?.issuedBeforeS);
      return isVoid ? "renewable" : "valid";
    },
  };
}

/** Whether what was issued then was issued before that. Nothing is before everything. */
function isBefore(issuedAtS: number, beforeS = 0): boolean {
  return issuedAtS < beforeS;
}

function isAsStrong(one: Strength, other: Strength): boolean {
  return (
    one.issuedBeforeS >= other.issuedBeforeS &&
    one.immediateBeforeS >= other.immediateBeforeS &&
    one.untilMs >= other.untilMs
  );
}

function strongest(one: Strength, other: Strength): Strength {
  return {
    issuedBeforeS: Math.max(one.issuedBeforeS, other.issuedBeforeS),
    immediateBeforeS: Math.max(one.immediateBeforeS, other.immediateBeforeS),
    untilMs: Math.max(one.untilMs, other.untilMs),
  };
}
