import cluster from "node:cluster";
import { randomBytes } from "node:crypto";
import type { Config } from "../config/config.js";
import { hearPrimary, tellPrimary } from "../ipc/channel.js";
import { MEMBERSHIP_LIMITS } from "../membership/limits.js";
import { createMembership, type Membership } from "../membership/membership.js";
import type { MembershipStore } from "../membership/membership-store.js";
import { createOutage, type Outage } from "../membership/outage.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { StopTimes } from "../process/stop-times.js";
import type { Io } from "../realtime/io.js";
import { createMembershipBus, NO_OTHER_MEMBERS } from "../realtime/presence-bus.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { systemClock } from "../rooms/ports.js";
import { instanceKey } from "../routing/peers/instance-key.js";

/** The workers of all instances, as this one knows them. */
export interface Members {
  readonly membership: Membership;
  /** One for all that depends on the same store, so that its outage is told once. */
  readonly outage: Outage;
  /** Starts before the presence and the peers, and stops after the last connection is closed. */
  readonly component: Component;
}

/** What they are made of. */
export interface MemberParts {
  readonly config: Config;
  readonly stopTimes: Pick<StopTimes, "goodbyeMs">;
  readonly store: MembershipStore;
  readonly io: Io;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  readonly log: Logger;
}

/** Puts the membership together: records in the store, the adapter as doorbell, the primary as witness of sudden ends. */
export function createMembers({ config, stopTimes, store, io, link, log }: MemberParts): Members {
  const { peerUrl, instance } = config;
  const outage = createOutage({
    failed: (error) => log.warn({ err: error }, "presence cannot be kept up to date"),
    over: () => log.info("presence is up to date again"),
  });
  const membership = createMembership(
    {
      ...{ store, outage },
      bus: link === undefined ? NO_OTHER_MEMBERS : createMembershipBus(io),
      clock: systemClock(),
      newNodeId: () => randomBytes(9).toString("hex"),
      onNodeId(node) {
        if (cluster.isWorker) tellPrimary({ type: "shoal:node", node });
      },
      peer: peerUrl === "" ? undefined : { key: instanceKey(instance), url: peerUrl },
    },
    { ...MEMBERSHIP_LIMITS, goodbyeMs: stopTimes.goodbyeMs },
  );
  const report: Component = {
    name: "outage report",
    start: async () => {},
    stop: async () => outage.end(),
  };
  return {
    membership,
    outage,
    component: compose("membership", [report, createWitness(membership), membership]),
  };
}

/** Passes on what the primary has seen: that a sibling has ended. */
function createWitness(membership: Pick<Membership, "nodeEnded">): Component {
  let stopHearing = (): void => {};

  return {
    name: "witness",
    async start() {
      if (cluster.isWorker)
        stopHearing = hearPrimary({ "shoal:ended": ({ node }) => membership.nodeEnded(node) });
    },
    async stop() {
      stopHearing();
    },
  };
}
