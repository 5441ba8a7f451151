import cluster from "node:cluster";
import { hearPrimary } from "../ipc/channel.js";
import type { Component } from "../process/lifecycle.js";
import type { KeyRing } from "../trust/keys/key-ring.js";

/** Has the ring follow what the primary tells of the keys. Starts first: what comes before is lost. */
export function createKeyFeed(ring: Pick<KeyRing, "replace">): Component {
  let stopHearing = (): void => {};

  return {
    name: "key feed",
    async start() {
      if (cluster.isWorker) stopHearing = hearPrimary({ "shoal:keys": ({ keys }) => ring.replace(keys) });
    },
    async stop() {
      stopHearing();
    },
  };
}
