import type { ConnectionMetrics } from "../metrics/types.js";
import type { Io } from "./io.js";

/** What Engine.IO tells of a request that it refuses. */
interface ConnectionError {
  readonly req: { readonly _query?: Readonly<Record<string, string>> };
}

/**
 * Counts the handshakes that Engine.IO accepts, and those that it refuses, such as those of a foreign origin. After `io` is
 * attached; what admission refuses does not get that far.
 */
export function countHandshakes(io: Io, metrics: Pick<ConnectionMetrics, "handshake">): void {
  io.engine.on("connection", () => metrics.handshake("accepted"));
  io.engine.on("connection_error", ({ req }: ConnectionError) => {
    const isHandshake = req._query?.sid === undefined;
    if (isHandshake) metrics.handshake("refused");
  });
}
