import type { RoomEntry } from "../../contract/types.js";
import type { RoomBus } from "../rooms/ports.js";
import type { Io } from "./io.js";

/** What the bus must know of the link to the other workers. */
export interface WorkerLink {
  /** False while other workers cannot be heard. */
  isUp(): boolean;
  /** Calls back each time they can be heard again; the returned function ends it. */
  onReady(handler: () => void): () => void;
}

/** A process without others: nobody to tell. */
export const NO_OTHERS: RoomBus = {
  publish() {},
  onMessages: () => () => {},
  onReady: () => () => {},
  isUp: () => true,
};

/** Carries stored entries over whatever adapter joins the workers. Lossy, which is all that the rooms ask for. */
export function createRoomBus(io: Io, link: WorkerLink): RoomBus {
  return {
    publish({ room, epoch }, entries, carrier) {
      if (carrier === undefined) io.serverSideEmit("stored", room, entries, epoch);
      else io.serverSideEmit("stored", room, entries, epoch, carrier);
    },
    onMessages(handler) {
      const hear = (room: string, entries: readonly RoomEntry[], epoch: string, carrier?: string): void =>
        handler({ room, epoch }, entries, carrier);
      io.on("stored", hear);
      return () => void io.off("stored", hear);
    },
    onReady: link.onReady,
    isUp: link.isUp,
  };
}
