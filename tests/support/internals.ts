import type { Internals } from "../../src/engine/internals/internals.js";

/** Every measure may be taken, as with the libraries that are installed. */
export const ALL_MEASURES: Pick<Internals, "allows"> = { allows: () => true };

/** None may. */
export const NO_MEASURES: Pick<Internals, "allows"> = { allows: () => false };
