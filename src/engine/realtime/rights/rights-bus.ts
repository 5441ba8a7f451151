import type { RightsScope } from "../../../contract/access.js";
import type { Io } from "../io.js";
import type { WorkerLink } from "../room-bus.js";

/** The doorbell between workers: rights may have ended. May lose, repeat and delay; never waits. */
export interface RightsBus {
  tell(scope: RightsScope): void;
  /** What others tell. The returned function ends it. */
  onTold(hear: (scope: RightsScope) => void): () => void;
}

/** A process without others. */
const NO_OTHER_RIGHTS: RightsBus = { tell() {}, onTold: () => () => {} };

/** Carries it over whatever adapter joins the workers. */
export function createRightsBus(io: Io, link: WorkerLink | undefined): RightsBus {
  if (link === undefined) return NO_OTHER_RIGHTS;
  return {
    tell({ room, user }) {
      // Not every codec of the adapters knows `undefined`.
      const scope = { ...(room === undefined ? {} : { room }), ...(user === undefined ? {} : { user }) };
      io.serverSideEmit("rights", scope);
    },
    onTold(hear) {
      io.on("rights", hear);
      return () => void io.off("rights", hear);
    },
  };
}
