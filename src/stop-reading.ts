import type { Socket } from "node:net";

/**
 * For a connection that is sent to another process. Node goes on reading from it until the other process has
 * acknowledged it, and throws away what comes: the first packet of a quick client over WebSocket was lost.
 */
export function stopReading(socket: Socket): void {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readStop(): void } | null };
  handle?.readStop();
}
