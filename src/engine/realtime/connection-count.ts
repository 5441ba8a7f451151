import type { Connections } from "./connections/connections.js";

/** The current connections of this worker by transport. Counts what admission counts, also before a connection has joined. */
export function countConnections(connections: Connections): { websocket: number; polling: number } {
  const counts = { websocket: 0, polling: 0 };
  for (const { raw } of connections) {
    if (raw.transport.name === "websocket") counts.websocket += 1;
    else counts.polling += 1;
  }
  return counts;
}
