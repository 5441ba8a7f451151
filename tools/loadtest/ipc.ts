import type { Sample } from "./generator/meter.js";
import type { Findings } from "./generator/room-check.js";
import type { Share } from "./plan.js";

/** Numbers and keys of the acknowledged messages of one room, flat: seq, key, seq, key. */
export interface AckedRoom {
  readonly room: number;
  readonly pairs: Float64Array;
}

/** What a generator did in all, told when nothing is under way any more. */
export interface Tally {
  /** Messages that went out and were not refused, by number of room. */
  readonly sent: ReadonlyMap<number, number>;
  readonly acked: readonly AckedRoom[];
  /** Durable messages that were never acknowledged. */
  readonly unconfirmed: number;
}

/** From the command to a generator, in this order. */
export type Order =
  | { readonly type: "start"; readonly share: Share }
  | { readonly type: "load" }
  /** Sending ends; the answer is a tally. */
  | { readonly type: "hold"; readonly settleMs: number }
  /** All that was acknowledged in the rooms of this generator has to be with its readers. */
  | { readonly type: "check"; readonly acked: readonly AckedRoom[]; readonly settleMs: number }
  | { readonly type: "end" };

/** From a generator to the command. */
export type Report =
  | { readonly type: "sample"; readonly sample: Sample }
  | { readonly type: "tally"; readonly tally: Tally }
  | { readonly type: "findings"; readonly findings: Findings };
