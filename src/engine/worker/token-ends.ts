import type { EventStreams } from "../http/event-streams.js";
import type { WorkerMetrics } from "../metrics/worker-metrics.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Io } from "../realtime/io.js";
import type { Endings } from "../realtime/sessions/endings.js";
import { createRevokedConnections } from "../realtime/sessions/revoked-connections.js";
import { createTokenExpiry } from "../realtime/sessions/token-expiry.js";
import { systemClock } from "../rooms/ports.js";
import { REVOCATION_LIMITS } from "../trust/revocation/limits.js";
import type { TokenRevocations } from "./token-revocations.js";

/** What ends connections with their token is made of. */
interface TokenEndParts {
  readonly io: Io;
  readonly endings: Endings;
  readonly streams: Pick<EventStreams, "lookAtTokens">;
  /** Undefined where nobody has a token. */
  readonly list: TokenRevocations["list"];
  readonly metrics: Pick<WorkerMetrics, "revocations">;
}

/** Ends connections whose token has expired or was revoked; streams look at their own before whatever they send. */
export function createTokenEnds({ io, endings, streams, list, metrics }: TokenEndParts): Component {
  const name = "ends of tokens";
  if (list === undefined) return compose(name, []);
  const clock = systemClock();
  const { closed } = metrics.revocations;
  let stopHearing = (): void => {};
  const revokedStreams: Component = {
    name: "revoked streams",
    async start() {
      stopHearing = list.onLook(streams.lookAtTokens);
    },
    async stop() {
      stopHearing();
    },
  };
  return compose(name, [
    revokedStreams,
    createTokenExpiry({ io, endings, dateMs: clock.date, nowMs: clock.now }),
    createRevokedConnections({
      ...{ io, endings, clock, closed },
      revocations: list,
      renewMs: REVOCATION_LIMITS.renewMs,
    }),
  ]);
}
