import type { Membership } from "../../membership/membership.js";
import type { Component } from "../../process/lifecycle.js";
import { createLogThrottle } from "../../process/log-throttle.js";
import type { Logger } from "../../process/logger.js";
import { createPeer, type Peer } from "./peer.js";

/** Time for which an instance that could not be reached is not tried again, in milliseconds. */
const REST_MS = 1000;

/** The ways to the other instances. */
export interface PeerDirectory extends Component {
  /** The instance with this key; undefined if there is none, or it could not be reached a moment ago. Never rejects. */
  find(key: string): Promise<Peer | undefined>;
  /** Tells that the instance could not be reached: logged once, until it could. */
  unreachable(peer: Peer, error: Error): void;
  /** Tells that the instance did not believe this one: logged at most once a minute for an address. */
  refused(peer: Peer): void;
  /** Tells that it could. */
  reached(peer: Peer): void;
}

/** Keeps what leads to the instances that the membership knows, and to no others: a key that a client made up leaves nothing. `nowMs` is monotonic. */
export function createPeerDirectory(
  members: Pick<Membership, "urlOf" | "locate" | "listen">,
  log: Logger,
  nowMs: () => number,
): PeerDirectory {
  const peers = new Map<string, Peer>();
  /** Until when those that could not be reached are left alone. */
  const resting = new Map<Peer, number>();
  const throttle = createLogThrottle(nowMs);
  let stopHearing = (): void => {};

  /** The instance at the address that it has now. */
  function current(key: string): Peer | undefined {
    const known = peers.get(key);
    const url = members.urlOf(key);
    if (known !== undefined && known.url === url) return known;
    if (known !== undefined) forget(known);
    if (url === undefined || !URL.canParse(url)) return undefined;
    const peer = createPeer(key, url);
    peers.set(key, peer);
    return peer;
  }

  function forget(peer: Peer): void {
    peers.delete(peer.key);
    resting.delete(peer);
    peer.close();
  }

  return {
    name: "peer directory",
    async start() {
      stopHearing = members.listen({
        changed() {
          for (const key of [...peers.keys()]) current(key);
        },
      });
    },
    async stop() {
      stopHearing();
      for (const peer of [...peers.values()]) forget(peer);
    },
    async find(key) {
      if (current(key) === undefined) await members.locate(key);
      const peer = current(key);
      const restsUntil = peer && resting.get(peer);
      return restsUntil !== undefined && nowMs() < restsUntil ? undefined : peer;
    },
    unreachable(peer, error) {
      if (!resting.has(peer)) log.warn({ err: error, peer: peer.url }, "peer cannot be reached");
      if (peers.get(peer.key) === peer) resting.set(peer, nowMs() + REST_MS);
    },
    refused(peer) {
      const count = throttle(peer.url);
      if (count !== undefined)
        log.error(
          { peer: peer.url, count },
          "a peer refuses requests of this instance: PEER_SECRET or the clocks differ",
        );
    },
    reached(peer) {
      if (resting.delete(peer)) log.info({ peer: peer.url }, "peer can be reached again");
    },
  };
}
