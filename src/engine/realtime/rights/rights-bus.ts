import type { RecheckNote } from "../../trust/rights/recheck-store.js";
import type { Io } from "../io.js";
import type { WorkerLink } from "../room-bus.js";

/** The doorbell between workers: rights may have ended. May lose, repeat and delay; never waits. */
export interface RightsBus {
  tell(note: RecheckNote): void;
  /** What others tell. The returned function ends it. */
  onTold(hear: (note: RecheckNote) => void): () => void;
}

/** A process without others. */
const NO_OTHER_RIGHTS: RightsBus = { tell() {}, onTold: () => () => {} };

/** Carries it over whatever adapter joins the workers. */
export function createRightsBus(io: Io, link: WorkerLink | undefined): RightsBus {
  if (link === undefined) return NO_OTHER_RIGHTS;
  return {
    tell({ id, room, user }) {
      // Not every codec of the adapters knows `undefined`.
      const note = { id, ...(room === undefined ? {} : { room }), ...(user === undefined ? {} : { user }) };
      io.serverSideEmit("rights", note);
    },
    onTold(hear) {
      io.on("rights", hear);
      return () => void io.off("rights", hear);
    },
  };
}
