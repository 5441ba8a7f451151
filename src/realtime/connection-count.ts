import { engineClients } from "./engine-clients.js";
import type { Io } from "./io.js";

/**
 * The connections of this worker by transport, as they are now: those that admission counts, also before they have joined.
 * Where a version of Engine.IO has its table elsewhere, nothing is counted and a test fails.
 */
export function countConnections(io: Io): { websocket: number; polling: number } {
  const counts = { websocket: 0, polling: 0 };
  const clients = engineClients(io) ?? {};
  for (const id in clients) {
    if (clients[id]?.transport.name === "websocket") counts.websocket += 1;
    else counts.polling += 1;
  }
  return counts;
}
