import type { PresenceBus } from "../presence/presence-store.js";
import type { Io } from "./io.js";
import type { WorkerLink } from "./room-bus.js";

/** The presence's bus in a process without others. */
export const NO_OTHER_PRESENCE: PresenceBus = {
  tellRooms() {},
  tellGone() {},
  listen: () => () => {},
  onReady: () => () => {},
  isUp: () => true,
};

/** Carries hints over whatever adapter joins the workers. */
export function createPresenceBus(io: Io, link: WorkerLink): PresenceBus {
  return {
    tellRooms: (rooms) => void io.serverSideEmit("present", rooms),
    tellGone: (node) => void io.serverSideEmit("ended", node),
    listen(hear) {
      io.on("present", hear.rooms);
      io.on("ended", hear.gone);
      return () => {
        io.off("present", hear.rooms);
        io.off("ended", hear.gone);
      };
    },
    onReady: link.onReady,
    isUp: link.isUp,
  };
}
