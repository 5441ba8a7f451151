import type { FloodKind } from "../load/attacks.js";
import type { Setup } from "../servers/machine.js";

/** What a row claims: a figure, and what it is held to. */
export interface Verdict {
  readonly what: string;
  readonly value: number;
  /** The value may be no more than this. */
  readonly most?: number;
  /** The value may be no less than this. */
  readonly least?: number;
}

/** Bars side by side: one group per level of load, one bar per side. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly {
    readonly label: string;
    readonly bars: readonly { readonly side: string; readonly value: number }[];
  }[];
}

/** What one row has found. */
export interface RowReport {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly lines: readonly (readonly string[])[];
  readonly verdicts: readonly Verdict[];
  readonly charts: readonly Chart[];
  readonly notes: readonly string[];
}

/** How a row is run. */
export interface RowContext {
  readonly setup: Setup;
  /** Sizes that fit into a test. */
  readonly short: boolean;
  /** What the row of floods has to show. */
  readonly floods: readonly FloodKind[];
  /** Tells the user what is going on. */
  say(line: string): void;
}

export interface Row {
  readonly name: string;
  run(context: RowContext): Promise<RowReport>;
}

/** Whether the value keeps to its target; undefined when it has none. A value that is no number keeps to nothing. */
export function passes({ value, most, least }: Verdict): boolean | undefined {
  if (most === undefined && least === undefined) return undefined;
  return value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY);
}
