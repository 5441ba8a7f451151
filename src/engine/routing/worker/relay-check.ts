import type { IncomingMessage } from "node:http";
import type { Logger } from "../../process/logger.js";
import type { RelayProof, Verdict } from "./relay-proof.js";

const REASONS = {
  secret:
    "a request that claims to come from a peer is refused: its PEER_SECRET is another one, or somebody forges",
  clock:
    "a request of a peer is refused: its clock differs by more than 30 s, or somebody repeats what it sent",
} as const;

/** Looks at what requests say about their way. */
export interface RelayCheck {
  /** As `RelayProof.judge`; what is forged is logged, once for each peer, and once for all who are none. */
  judge(request: IncomingMessage): Verdict["kind"];
}

/** `urlOf` tells where the instance with this key is, as far as one is known: only such are named in the log. */
export function createRelayCheck(
  proof: Pick<RelayProof, "judge">,
  urlOf: (key: string) => string | undefined,
  log: Logger,
): RelayCheck {
  /** Bounded by the instances that there are: whoever forges may claim to be anybody. */
  const told = new Set<string>();

  return {
    judge(request) {
      const verdict = proof.judge(request);
      if (verdict.kind === "forged") {
        const { sender = "", why } = verdict;
        const peer = urlOf(sender) ?? "unknown";
        if (!told.has(peer)) log.warn({ peer, address: request.socket.remoteAddress }, REASONS[why]);
        told.add(peer);
      }
      return verdict.kind;
    },
  };
}
