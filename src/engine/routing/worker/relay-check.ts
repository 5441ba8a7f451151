import type { IncomingMessage } from "node:http";
import { createLogThrottle } from "../../process/log-throttle.js";
import type { Logger } from "../../process/logger.js";
import type { RelayProof, Verdict } from "./relay-proof.js";

const REASONS = {
  secret:
    "a request that claims to come from a peer is refused: its PEER_SECRET is another one, or somebody forges",
  clock:
    "a request that claims to come from a peer is refused: its clock differs by more than 30 s, or somebody repeats what it sent",
} as const;

/** Looks at what requests say about their way. */
export interface RelayCheck {
  /**
   * As `RelayProof.judge`; what is forged is logged, at most once a minute for each peer that it claims to come from, and for all who are
   * none: whoever forges may claim to be anybody, and must not keep what is true from being told.
   */
  judge(request: IncomingMessage): Verdict["kind"];
}

/** `urlOf` tells where the instance with this key is, as far as one is known: only such are named in the log. `nowMs` is monotonic. */
export function createRelayCheck(
  proof: Pick<RelayProof, "judge">,
  urlOf: (key: string) => string | undefined,
  log: Logger,
  nowMs: () => number,
): RelayCheck {
  const throttle = createLogThrottle(nowMs);

  return {
    judge(request) {
      const verdict = proof.judge(request);
      if (verdict.kind === "forged") {
        const { sender = "", why } = verdict;
        const claimsToBe = urlOf(sender) ?? "unknown";
        const count = throttle(`${why} ${claimsToBe}`);
        if (count !== undefined)
          log.warn({ claimsToBe, address: request.socket.remoteAddress, count }, REASONS[why]);
      }
      return verdict.kind;
    },
  };
}
