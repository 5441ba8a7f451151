import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from "jose";
import { type Logger, redactUri } from "../../process/logger.js";
import { createRateBuckets } from "../limits/rate-buckets.js";
import { readKeySet } from "./key-set-download.js";
import { type KeyHint, KeysUnavailable, type TokenKeys, type VerificationKey } from "./token-keys.js";

/** Age at which the set is asked for again, in milliseconds. */
const FRESH_MS = 600_000;
/** For so long the last good set serves while there is no other, in milliseconds. */
const LAST_GOOD_MS = 86_400_000;
/** Time between two looks whether the set is that old, in milliseconds: also where nobody comes, its age tells whether the address answers. */
const LOOK_MS = 60_000;
/**
 * Requests for keys that are not in the set: so many at once, then one every 10 s. Whoever makes up names of keys brings about no more, and
 * as each of them brings all keys, he delays a new one by 10 s at most.
 */
const UNKNOWN_RATE = { perSecond: 0.1, burst: 5 };
/** Least time between two requests while the address is away, in milliseconds: with a set that serves, and without. */
const AWAY_PAUSE_MS = { served: 30_000, without: 5000 } as const;

/** What the keys of an address need. */
interface RemoteKeysParts {
  readonly url: string;
  /** @throws when there is no set, or none within a bound of time. */
  readonly download: (url: string, signal: AbortSignal) => Promise<JSONWebKeySet>;
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
  readonly share: KeySetShare;
  readonly log: Logger;
}

/** By which the workers of an instance have the last good set of any of them. */
export interface KeySetShare {
  /** This worker has got a set, which was asked for so long ago. */
  tell(text: string, ageMs: number): void;
  /** Hears of the set that there is, if there is one, and of each that another worker gets. The returned function ends it. */
  hear(take: (text: string, ageMs: number) => void): () => void;
}

interface KnownSet {
  readonly find: LocalJWKSet;
  /** When it was asked for. */
  readonly ofMs: number;
  /** Which of the requests has brought it, from 1. */
  readonly request: number;
}

/**
 * The key set at an address, of which each instance of this knows only its own. It is asked for at start, when it is older than 10 minutes,
 * and for a `kid` that is not in it, up to five times at once and then every 10 s. What another worker has got serves as well. While the address is away, the last good set serves for 24 h and nobody
 * waits; a `kid` that is not in it cannot be decided.
 */
export function createRemoteKeys({ url, download, nowMs, share, log }: RemoteKeysParts): TokenKeys {
  const stopping = new AbortController();
  let known: KnownSet | undefined;
  let asking: Promise<void> | undefined;
  let requests = 0;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let isAway = false;
  const unknown = createRateBuckets(UNKNOWN_RATE, nowMs);
  let stopHearing = (): void => {};
  let timer: NodeJS.Timeout | undefined;

  async function request(): Promise<void> {
    const ofMs = nowMs();
    askedAtMs = ofMs;
    requests += 1;
    const address = redactUri(url);
    try {
      const set = await download(url, stopping.signal);
      // Another worker may have asked later, and got its answer earlier.
      if (known === undefined || known.ofMs <= ofMs)
        known = { find: createLocalJWKSet(set), ofMs, request: requests };
      share.tell(JSON.stringify(set), nowMs() - ofMs);
      if (isAway) log.info({ url: address }, "the key set is there again");
      isAway = false;
    } catch (error) {
      const isNews = !isAway && !stopping.signal.aborted;
      if (isNews) log.warn({ url: address, err: error }, "the key set of tokens cannot be had");
      isAway = true;
    }
  }

  /** What one has asked for others wait for, too. */
  function ask(): Promise<void> {
    asking ??= request().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  /** Of another worker. It does not say that there is no other key: it may have been asked for too early. */
  function take(text: string, ageMs: number): void {
    const ofMs = nowMs() - ageMs;
    if (known !== undefined && known.ofMs >= ofMs) return;
    known = { find: createLocalJWKSet(readKeySet(text)), ofMs, request: 0 };
  }

  function usable(): KnownSet | undefined {
    return known !== undefined && nowMs() < known.ofMs + LAST_GOOD_MS ? known : undefined;
  }

  async function keepFresh(): Promise<void> {
    if (known !== undefined && nowMs() < known.ofMs + FRESH_MS) return;
    const serves = usable() !== undefined;
    const pauseMs = isAway ? AWAY_PAUSE_MS[serves ? "served" : "without"] : 0;
    if (asking === undefined && nowMs() < askedAtMs + pauseMs) return;
    const asked = ask();
    if (!isAway || !serves) await asked;
  }

  async function askForUnknown(): Promise<void> {
    if (asking === undefined && unknown.take("kid") > 0) return;
    await ask();
  }

  /** Undefined when it is not in the set; none when it cannot be used, or several fit. */
  async function look({ alg, kid }: KeyHint): Promise<readonly VerificationKey[] | undefined> {
    try {
      const key = await usable()?.find({ alg, ...(kid === undefined ? {} : { kid }) });
      return key === undefined ? undefined : [key];
    } catch (error) {
      return error instanceof errors.JWKSNoMatchingKey ? undefined : [];
    }
  }

  return {
    name: "token keys",
    async start() {
      stopHearing = share.hear(take);
      // Whoever has no token is served without it, so that the start does not wait.
      void ask();
      timer = setInterval(() => void keepFresh(), LOOK_MS);
    },
    async stop() {
      stopHearing();
      clearInterval(timer);
      stopping.abort();
      await asking;
    },
    ageMs: () => (known === undefined ? Number.POSITIVE_INFINITY : nowMs() - known.ofMs),
    async candidates(hint) {
      await keepFresh();
      const found = await look(hint);
      if (found !== undefined) return found;
      const before = requests;
      await askForUnknown();
      const foundThen = await look(hint);
      if (foundThen !== undefined) return foundThen;
      // Only a set that was asked for since says that there is no such key: providers sign with new keys at once.
      if (known !== undefined && known.request > before) return [];
      const pauseMs = isAway ? askedAtMs + AWAY_PAUSE_MS.without - nowMs() : unknown.waitMs("kid");
      const retryAfterMs = Math.max(1000, Math.ceil(pauseMs));
      throw new KeysUnavailable("the key of the token is not known", retryAfterMs);
    },
  };
}
