import type { Config } from "../../config/config.js";
import { compose } from "../../lifecycle.js";
import type { MongoPeerStore } from "../../stores/peer-store.js";
import { instanceKey } from "./instance-key.js";
import { createPeerDirectory } from "./peer-directory.js";
import { createPeerRelay, type PeerRelay, type RelayParts } from "./peer-relay.js";

/**
 * Finds the sessions of other instances, if this one has an address for them; else it does nothing at all. Starts after
 * Engine.IO is attached and before the ingress.
 */
export function createPeers(
  config: Config,
  store: MongoPeerStore,
  parts: Pick<RelayParts, "io" | "httpServer" | "log">,
): PeerRelay {
  if (config.peerUrl === "")
    return { name: "peers", start: async () => {}, drain: async () => {}, stop: async () => {} };
  const key = instanceKey(config.instance);
  const directory = createPeerDirectory({ key, url: config.peerUrl }, store, parts.log);
  const silenceMs = config.ping.intervalMs + config.ping.timeoutMs;
  const relay = createPeerRelay({ ...parts, key, directory, silenceMs });
  return { ...compose("peers", [directory, relay]), drain: relay.drain };
}
