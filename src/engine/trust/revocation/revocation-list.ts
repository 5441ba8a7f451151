import type { Passport } from "../../../contract/passport.js";
import type { Revocation } from "./revocation-store.js";

/** What becomes of a passport: nothing, its connection may renew it for a while, or it is void at once. Void for the way in are both. */
export type Verdict = "valid" | "renewable" | "revoked";

/** All revocations in force, in memory. */
export interface RevocationList {
  readonly size: number;
  /** Takes over what was read, in whatever order and however often; never weakens what it knows. */
  put(revocations: readonly Revocation[]): void;
  /** Drops what is over at this time of MongoDB's clock, in milliseconds since 1970. */
  prune(nowMs: number): void;
  /** Two look-ups. A token that does not say when it was issued is void by any revocation of its user. */
  verdictOf(passport: Passport): Verdict;
}

type Entry = Omit<Revocation, "target">;

const USER = "user:";
const TOKEN = "token:";

export function createRevocationList(): RevocationList {
  const users = new Map<string, Entry>();
  const tokens = new Map<string, Entry>();

  function putOne(entries: Map<string, Entry>, id: string, { target: _, ...entry }: Revocation): void {
    const known = entries.get(id);
    entries.set(id, known === undefined ? entry : strongest(known, entry));
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
      for (const entries of [users, tokens])
        for (const [id, { untilMs }] of entries) if (untilMs < nowMs) entries.delete(id);
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

function strongest(one: Entry, other: Entry): Entry {
  return {
    issuedBeforeS: Math.max(one.issuedBeforeS, other.issuedBeforeS),
    immediateBeforeS: Math.max(one.immediateBeforeS, other.immediateBeforeS),
    untilMs: Math.max(one.untilMs, other.untilMs),
  };
}
