import type { Config } from "../../config/config.js";
import type { Membership } from "../../membership/membership.js";
import type { Component } from "../../process/lifecycle.js";
import type { Logger } from "../../process/logger.js";
import type { Io } from "../../realtime/io.js";
import type { AddressBook, Destination } from "../worker/destination.js";
import { RELAYED_HEADER } from "../worker/relay-proof.js";
import { instanceKey, keyIn } from "./instance-key.js";
import type { Peer } from "./peer.js";
import { createPeerDirectory, type PeerDirectory } from "./peer-directory.js";

/** The other instances, by the key that a session's id ends with. */
export interface Peers {
  readonly book: AddressBook;
  /** Starts after Engine.IO is attached, as it ends the ids of this instance with its key, and before the ingress. */
  readonly component: Component;
}

/** Undefined if this instance has no address for the others. */
export function createPeers(config: Config, members: Membership, io: Io, log: Logger): Peers | undefined {
  if (config.peerUrl === "") return undefined;
  const ownKey = instanceKey(config.instance);
  const directory = createPeerDirectory(members, log, () => performance.now());

  return {
    book: {
      find(sessionId, request) {
        const key = keyIn(sessionId);
        // What was relayed is not relayed again: an address may have passed to another instance.
        const isRelayed = RELAYED_HEADER.toLowerCase() in request.headers;
        if (key === undefined || key === ownKey || isRelayed) return undefined;
        return directory.find(key).then((peer) => peer && destinationFor(peer, directory));
      },
    },
    component: {
      ...directory,
      async start() {
        await directory.start();
        const { engine } = io;
        const generateId = engine.generateId.bind(engine);
        engine.generateId = async (request) => `${await generateId(request)}.${ownKey}`;
      },
    },
  };
}

function destinationFor(peer: Peer, directory: PeerDirectory): Destination {
  return {
    address: peer.address,
    agentFor: peer.agentFor,
    onReached: () => directory.reached(peer),
    onRefused: () => directory.refused(peer),
    onUnreachable: (error) => directory.unreachable(peer, error),
  };
}
