import type { Connections } from "./connections/connections.js";

/** The connections of this worker by transport, as they are now: those that admission counts, also before they have joined. */
export function countConnections(connections: Connections): { websocket: number; polling: number } {
  const counts = { websocket: 0, polling: 0 };
  for (const { raw } of connections) {
    if (raw.transport.name === "websocket") counts.websocket += 1;
    else counts.polling += 1;
  }
  return counts;
}
