import type { CaseJudge } from "../judge.js";
import type { Material } from "../material.js";
import type { Verdict } from "../tally.js";

/** Where a case is sent to, and who judges what comes back. */
export interface Target {
  readonly url: URL;
  /** Address of loopback that the case comes from. */
  readonly from: string;
  readonly material: Material;
  readonly judge: CaseJudge;
  readonly verdict: Verdict;
}
