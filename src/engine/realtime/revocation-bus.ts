import type { RevocationBus } from "../trust/revocation/ports.js";
import type { Io } from "./io.js";
import type { WorkerLink } from "./room-bus.js";

/** The revocations' bus in a process without others. */
export const NO_OTHERS_TO_RING: RevocationBus = { ring() {}, onRing: () => () => {} };

/** Carries the doorbell over whatever adapter joins the workers. */
export function createRevocationBus(io: Io, link: WorkerLink): RevocationBus {
  return {
    ring: () => void io.serverSideEmit("revoked"),
    onRing(look) {
      io.on("revoked", look);
      const stopHearing = link.onReady(look);
      return () => {
        io.off("revoked", look);
        stopHearing();
      };
    },
  };
}
