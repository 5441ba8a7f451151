import { Counter, type Registry } from "prom-client";
import { UNKNOWN } from "./buckets.js";
import { type ConnectionMetrics, HANDSHAKE_RESULTS } from "./types.js";

/** As Socket.IO 4 names them: https://socket.io/docs/v4/server-socket-instance/#disconnect */
const REASONS = [
  ...["transport error", "transport close", "forced close", "ping timeout", "parse error"],
  ...["server shutting down", "forced server close"],
  ...["client namespace disconnect", "server namespace disconnect"],
];

/** Counters of connections; series of all known results and reasons are there from the start, so that rates have no gap. */
export function createConnectionMetrics(registry: Registry): ConnectionMetrics {
  const registers = [registry];
  const handshakes = new Counter({
    name: "realtime_handshakes_total",
    help: "Handshakes of Socket.IO connections, by how they ended",
    labelNames: ["result"],
    registers,
  });
  const disconnects = new Counter({
    name: "realtime_disconnects_total",
    help: "Socket.IO connections that ended, by the reason that Socket.IO gives",
    labelNames: ["reason"],
    registers,
  });
  const slow = new Counter({
    name: "realtime_slow_clients_total",
    help: "Connections closed because their client did not read",
    registers,
  });
  const results = new Map(HANDSHAKE_RESULTS.map((result) => [result, handshakes.labels(result)]));
  const reasons = new Map([...REASONS, UNKNOWN].map((reason) => [reason, disconnects.labels(reason)]));
  for (const child of [...results.values(), ...reasons.values()]) child.inc(0);

  return {
    handshake: (result) => results.get(result)?.inc(),
    disconnected: (reason) => (reasons.get(reason) ?? reasons.get(UNKNOWN))?.inc(),
    slowClient: () => slow.inc(),
  };
}
