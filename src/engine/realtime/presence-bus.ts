import type { MembershipBus } from "../membership/membership-store.js";
import type { PresenceBus } from "../presence/presence-store.js";
import type { Io } from "./io.js";
import type { WorkerLink } from "./room-bus.js";

/** The presence's bus in a process without others. */
export const NO_OTHER_PRESENCE: PresenceBus = {
  tellRooms() {},
  onRooms: () => () => {},
  onReady: () => () => {},
  isUp: () => true,
};

/** The membership's bus in a process without others. */
export const NO_OTHER_MEMBERS: MembershipBus = { tellGone() {}, onGone: () => () => {} };

/** Carries hints over whatever adapter joins the workers. */
export function createPresenceBus(io: Io, link: WorkerLink): PresenceBus {
  return {
    tellRooms: (rooms) => void io.serverSideEmit("present", rooms),
    onRooms(hear) {
      io.on("present", hear);
      return () => void io.off("present", hear);
    },
    onReady: link.onReady,
    isUp: link.isUp,
  };
}

/** Carries the news of ends the same way. */
export function createMembershipBus(io: Io): MembershipBus {
  return {
    tellGone: (node) => void io.serverSideEmit("ended", node),
    onGone(hear) {
      io.on("ended", hear);
      return () => void io.off("ended", hear);
    },
  };
}
