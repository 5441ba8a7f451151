import type { IncomingMessage } from "node:http";
import { readEngineRequest } from "../http/engine-request.js";
import type { ConnectionMetrics } from "../metrics/types.js";
import type { Io } from "./io.js";

/** What Engine.IO tells of a request that it refuses. */
interface ConnectionError {
  readonly req: IncomingMessage;
}

/**
 * Counts the handshakes that Engine.IO accepts, and those that it refuses, such as those of a foreign origin. After `io` is
 * attached; what admission refuses does not get that far.
 */
export function countHandshakes(io: Io, metrics: Pick<ConnectionMetrics, "handshake">): void {
  io.engine.on("connection", () => metrics.handshake("accepted"));
  io.engine.on("connection_error", ({ req }: ConnectionError) => {
    const asked = readEngineRequest(req.url ?? "", `${io.path()}/`);
    if (asked.kind === "handshake") metrics.handshake("refused");
  });
}
