import { createServer } from "node:http";
import { Socket } from "node:net";

/**
 * What `ROUTING=forward` uses beyond documented interfaces and does not find here, by name; none with the versions that
 * the project is locked to. Without them first packets would be lost, and connections of killed workers stay open.
 */
export function missingForForward(): string[] {
  const checks: [string, boolean][] = [
    ["net.Socket _handle.readStop", canStopReading()],
    ["node:http data listener of a connection", hasDataListener()],
    ["child_process _pendingMessage", "_pendingMessage" in process], // this end has the same class as the primary's
  ];
  return checks.flatMap(([name, isThere]) => (isThere ? [] : [name]));
}

/** The HTTP server hears a connection by one listener, whose place the router takes. */
function hasDataListener(): boolean {
  const probe = new Socket();
  createServer().emit("connection", probe);
  const { length } = probe.listeners("data");
  probe.destroy();
  return length === 1;
}

function canStopReading(): boolean {
  const probe = new Socket();
  probe.connect({ host: "127.0.0.1", port: 9 }); // makes the handle at once, but would connect only in the next turn
  const { _handle: handle } = probe as Socket & { readonly _handle?: { readonly readStop?: unknown } | null };
  probe.destroy();
  return typeof handle?.readStop === "function";
}
