import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from "jose";
import { type Logger, redactUri } from "../../process/logger.js";
import { type KeyHint, KeysUnavailable, type TokenKeys, type VerificationKey } from "./token-keys.js";

/** Age at which the set is asked for again, in milliseconds. */
const FRESH_MS = 600_000;
/** For so long the last good set serves while there is no other, in milliseconds. */
const LAST_GOOD_MS = 86_400_000;
/** Least time between two requests for keys that are not in the set, in milliseconds. */
const UNKNOWN_PAUSE_MS = 30_000;
/** Least time between two requests while the address is away, in milliseconds: with a set that serves, and without. */
const AWAY_PAUSE_MS = { served: 30_000, without: 5000 } as const;

/** What the keys of an address need. */
interface RemoteKeysParts {
  readonly url: string;
  /** @throws when there is no set, or none within a bound of time. */
  readonly download: (url: string, signal: AbortSignal) => Promise<JSONWebKeySet>;
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
  readonly log: Logger;
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
 * and, at most every 30 s, for a `kid` that is not in it. While the address is away, the last good set serves for 24 h and nobody
 * waits; a `kid` that is not in it cannot be decided.
 */
export function createRemoteKeys({ url, download, nowMs, log }: RemoteKeysParts): TokenKeys {
  const stopping = new AbortController();
  let known: KnownSet | undefined;
  let asking: Promise<void> | undefined;
  let requests = 0;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let askedForUnknownAtMs = Number.NEGATIVE_INFINITY;
  let isAway = false;

  async function request(): Promise<void> {
    const ofMs = nowMs();
    askedAtMs = ofMs;
    requests += 1;
    const address = redactUri(url);
    try {
      known = { find: createLocalJWKSet(await download(url, stopping.signal)), ofMs, request: requests };
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
    if (asking === undefined && nowMs() < askedForUnknownAtMs + UNKNOWN_PAUSE_MS) return;
    askedForUnknownAtMs = nowMs();
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
      // Whoever has no token is served without it, so that the start does not wait.
      void ask();
    },
    async stop() {
      stopping.abort();
      await asking;
    },
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
      const pauseMs = isAway ? AWAY_PAUSE_MS.without : UNKNOWN_PAUSE_MS;
      const retryAfterMs = Math.max(1000, Math.ceil(askedAtMs + pauseMs - nowMs()));
      throw new KeysUnavailable("the key of the token is not known", retryAfterMs);
    },
  };
}
