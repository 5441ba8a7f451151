import type { RightsScope } from "../../../contract/access.js";

/** Somebody has asked for a recheck. */
export interface RecheckNote extends RightsScope {
  /** Random. */
  readonly id: string;
}

/** Where rechecks are noted down for workers that do not hear the bus. Calls fail within 10 s while it is away. */
export interface RecheckStore {
  /** Once it resolves nothing takes the note back for ten minutes. @throws {AppError} `temporary`. */
  add(note: RecheckNote): Promise<void>;
  /** Notes of these times, in milliseconds since 1970 by MongoDB's clock; the oldest `limit` of them. */
  between(
    fromMs: number,
    toMs: number,
    limit: number,
  ): Promise<readonly (RecheckNote & { readonly atMs: number })[]>;
  /** MongoDB's clock, in milliseconds since 1970. */
  date(): Promise<number>;
}
