import type { Io } from "./io.js";

/**
 * The connections of this worker by transport, as they are now: those that admission counts, also before they have joined.
 * Engine.IO does not type its list of them; where a version has it elsewhere, nothing is counted and a test fails.
 */
export function countConnections(io: Io): { websocket: number; polling: number } {
  const counts = { websocket: 0, polling: 0 };
  // There is no engine before it is attached.
  const engine = io.engine as unknown as
    | { readonly clients?: Readonly<Record<string, Transported>> }
    | undefined;
  const clients = engine?.clients ?? {};
  for (const id in clients) {
    if (clients[id]?.transport.name === "websocket") counts.websocket += 1;
    else counts.polling += 1;
  }
  return counts;
}

interface Transported {
  readonly transport: { readonly name: string };
}
