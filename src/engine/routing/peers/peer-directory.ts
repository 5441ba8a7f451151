import type { Component } from "../../process/lifecycle.js";
import type { Logger } from "../../process/logger.js";
import type { PeerStore } from "../../stores/peer-store.js";
import { createPeer, type Peer } from "./peer.js";

const BEAT_MS = 15_000;
/** After a beat that failed. */
const BEAT_AGAIN_MS = 1000;
/** Age at which what is known is read again, beside the request that asks for it. */
const STALE_MS = 30_000;
/** Time for which an instance that could not be reached is not tried again, in milliseconds. */
const REST_MS = 1000;

/** Who the other instances are. */
export interface PeerDirectory extends Component {
  /** The instance with this key; undefined if there is none, or it could not be reached a moment ago. Never rejects. */
  find(key: string): Promise<Peer | undefined>;
  /** Tells that the instance could not be reached: logged once, until it could. */
  unreachable(peer: Peer, error: Error): void;
  /** Tells that it could. */
  reached(peer: Peer): void;
}

/** This instance, as others see it. */
export interface Self {
  readonly key: string;
  readonly url: string;
}

/**
 * Registers this instance while it runs. The whole registry is read when a key is asked for that is not known, by one
 * read for all who ask meanwhile: keys that clients make up cost no more memory than none, and one read at a time.
 */
export function createPeerDirectory(self: Self, store: PeerStore, log: Logger): PeerDirectory {
  const peers = new Map<string, Peer>();
  /** Until when those that could not be reached are left alone. */
  const resting = new Map<Peer, number>();
  let readAtMs = 0;
  let reading: Promise<void> | undefined;
  let nextReading: Promise<void> | undefined;
  let beating: NodeJS.Timeout | undefined;
  let stopped = false;

  async function read(): Promise<void> {
    readAtMs = performance.now();
    const found = await store.all().catch(() => undefined);
    if (found === undefined) return; // what is known stays known
    for (const [key, peer] of peers) if (found.get(key) !== peer.url) forget(peer);
    for (const [key, url] of found)
      if (!peers.has(key) && URL.canParse(url)) peers.set(key, createPeer(key, url));
  }

  function forget(peer: Peer): void {
    peers.delete(peer.key);
    resting.delete(peer);
    peer.close();
  }

  /** A read that begins after this call: one that is under way may miss an instance that has just registered. */
  function readNow(): Promise<void> {
    if (reading === undefined) {
      reading = read().finally(() => {
        reading = undefined;
      });
      return reading;
    }
    nextReading ??= reading.then(() => {
      nextReading = undefined;
      return readNow();
    });
    return nextReading;
  }

  async function beat(): Promise<void> {
    const done = await store.beat(self.key, self.url).then(
      () => true,
      () => false,
    );
    if (!stopped) beating = setTimeout(beat, done ? BEAT_MS : BEAT_AGAIN_MS);
  }

  return {
    name: "peer directory",
    async start() {
      await beat(); // before any session has the key
    },
    async stop() {
      stopped = true;
      clearTimeout(beating);
      for (const peer of peers.values()) forget(peer);
    },
    async find(key) {
      const known = peers.get(key);
      const restsUntil = known && resting.get(known);
      if (restsUntil !== undefined && performance.now() < restsUntil) return undefined;
      if (known === undefined || restsUntil !== undefined) await readNow();
      else if (performance.now() - readAtMs > STALE_MS) void readNow();
      return peers.get(key);
    },
    unreachable(peer, error) {
      if (!resting.has(peer)) log.warn({ err: error, peer: peer.url }, "peer cannot be reached");
      if (peers.get(peer.key) === peer) resting.set(peer, performance.now() + REST_MS);
    },
    reached(peer) {
      if (resting.delete(peer)) log.info({ peer: peer.url }, "peer can be reached again");
    },
  };
}
