import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { capabilities } from "../../../contract/capabilities.js";
import type { Passport } from "../../../contract/passport.js";
import { type ApiKey, KID } from "../../config/api-keys.js";
import type { KeyRefusal } from "./key-refusal-log.js";

/** Shorter ones could be guessed by their hash, longer ones are no secrets but a load. */
const SECRET = /^[A-Za-z0-9_-]{32,256}$/;
/** A name that is unknown and longer than this may be a secret in the wrong place. */
const MOST_SHOWN = 31;

/** The keys of the server API that count at present. */
export interface KeyRing {
  /** From now on these count, and no others. */
  replace(keys: readonly ApiKey[]): void;
  /** What the holder of `<kid>.<secret>` may do; undefined when it is no such key. Takes the same time, whatever is wrong. */
  passportOf(presented: string): Passport | undefined;
  /** Why there is none for it. Holds nothing of a secret. */
  refusalOf(presented: string): KeyRefusal;
}

interface Held {
  readonly hashes: readonly [Buffer, Buffer];
  readonly passport: Passport;
}

/** A check costs two comparisons of hashes and one SHA-256, about 3 µs. */
export function createKeyRing(first: readonly ApiKey[]): KeyRing {
  let held = heldOf(first);
  /** For a kid that there is not; no secret has this hash. */
  const nobody: Pick<Held, "hashes"> = { hashes: [randomBytes(32), randomBytes(32)] };

  return {
    replace(keys) {
      held = heldOf(keys);
    },
    passportOf(presented) {
      // A form that keys do not have is no secret: it may be refused at once.
      const [kid = "", secret = "", ...rest] = presented.split(".", 3);
      if (rest.length > 0 || !KID.test(kid) || !SECRET.test(secret)) return undefined;
      const known = held.get(kid);
      const hash = createHash("sha256").update(secret).digest();
      const [one, other] = (known ?? nobody).hashes;
      const isOne = timingSafeEqual(hash, one);
      const isOther = timingSafeEqual(hash, other);
      return isOne || isOther ? known?.passport : undefined;
    },
    refusalOf(presented) {
      if (presented === "") return { reason: "there is none" };
      const [kid = "", secret = "", ...rest] = presented.split(".", 3);
      if (rest.length > 0 || !KID.test(kid) || !SECRET.test(secret))
        return { reason: "it is of another form" };
      if (held.has(kid)) return { reason: "its secret is another one", kid };
      return { reason: "there is no such key", kid: kid.length > MOST_SHOWN ? undefined : kid };
    },
  };
}

function heldOf(keys: readonly ApiKey[]): ReadonlyMap<string, Held> {
  return new Map(
    keys.map(({ kid, sha256, caps }) => {
      const [one = randomBytes(32), other = randomBytes(32)] = sha256.map((hash) => Buffer.from(hash, "hex"));
      const { allows } = capabilities(caps, undefined);
      const passport: Passport = { kind: "key", user: undefined, key: kid, may: allows };
      return [kid, { hashes: [one, other], passport }];
    }),
  );
}
