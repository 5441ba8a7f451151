import type { JSONWebKeySet } from "jose";
import type { Logger } from "../../../src/engine/process/logger.js";
import { createRemoteKeys, type KeySetShare } from "../../../src/engine/trust/tokens/remote-keys.js";
import { KeysUnavailable, type TokenKeys } from "../../../src/engine/trust/tokens/token-keys.js";
import { Rate } from "../rate.js";
import type { Stage } from "../scenario.js";

/** Until the key server has answered, and until the primary has passed a key set on. */
const DOWNLOAD_MS = 50;
const PASS_MS = 1;

/** Of RFC 7515, appendix A.3. Nothing is signed here, so that one serves for both. */
const PUBLIC_KEY = {
  kty: "EC",
  crv: "P-256",
  alg: "ES256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};
const [OLD, NEW] = ["old", "new"];

/** An answer to a renewal, as far as the client looks at it. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: { readonly temporary: boolean; readonly retryAfterMs?: number } };

/** What an authenticator has of a logger. */
const SILENT = { info() {}, warn() {}, debug() {} } as unknown as Logger;

/** The key server of the identity provider, and each worker's real keys, which ask it. */
export function createKeyServer({ fleet, time }: Stage) {
  const asked = new Rate(() => time.nowMs);
  let isRotated = false;
  let undecided = 0;
  /** Verifications that are under way in each worker, and whether it waits for the key server. */
  const open = new Uint32Array(fleet.workers.length);
  const downloads = new Uint32Array(fleet.workers.length);
  /** Workers whose keys work in real time: Node imports a key in a thread. */
  const working = new Set<number>();
  const knows = new Set<number>();
  const hearers = new Map<number, Parameters<KeySetShare["hear"]>[0]>();
  time.waitFor(() => working.size > 0);

  function look(worker: number): void {
    if (open[worker] === 0 || downloads[worker] !== 0) working.delete(worker);
    else working.add(worker);
  }

  async function download(worker: number): Promise<JSONWebKeySet> {
    asked.add();
    const kids = isRotated ? [OLD, NEW] : [OLD];
    downloads[worker] = 1;
    look(worker);
    await new Promise((resolve) => setTimeout(resolve, DOWNLOAD_MS));
    downloads[worker] = 0;
    look(worker);
    return { keys: kids.map((kid) => ({ ...PUBLIC_KEY, kid })) } as JSONWebKeySet;
  }

  /** As the primary does it: the others of the instance get what one of them has got. */
  function shareOf(worker: number): KeySetShare {
    const instance = fleet.workers[worker]?.instance;
    return {
      tell(text, ageMs) {
        const siblings = fleet.workers.filter((one) => one.instance === instance && one.number !== worker);
        for (const { number } of siblings)
          setTimeout(() => hearers.get(number)?.(text, ageMs + PASS_MS), PASS_MS);
      },
      hear(take) {
        hearers.set(worker, take);
        return () => {};
      },
    };
  }

  const keys: readonly TokenKeys[] = fleet.workers.map(({ number }) =>
    createRemoteKeys({
      url: "https://id.invalid/keys",
      download: () => download(number),
      nowMs: () => time.nowMs,
      share: shareOf(number),
      log: SILENT,
    }),
  );
  for (const one of keys) void one.start();

  async function find(worker: number): Promise<Verdict> {
    open[worker] = (open[worker] as number) + 1;
    look(worker);
    time.wake();
    try {
      const found = await keys[worker]?.candidates({ alg: PUBLIC_KEY.alg, kid: NEW });
      if (found?.length !== 1) throw new Error("the new key is not in the set");
      knows.add(worker);
      return { ok: true };
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error;
      undecided += 1;
      return { ok: false, error: { temporary: true, retryAfterMs: error.retryAfterMs } };
    } finally {
      open[worker] = (open[worker] as number) - 1;
      look(worker);
    }
  }

  return {
    asked,
    undecided: () => undecided,
    /** From now on tokens are signed with another key. */
    rotate(): void {
      isRotated = true;
    },
    /** A token that was made just now comes to a worker. The keys that it knows are asked once: they stay. */
    async verify(worker: number): Promise<Verdict> {
      return !isRotated || knows.has(worker) ? { ok: true } : find(worker);
    },
  };
}
