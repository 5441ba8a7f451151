import { Socket as NetSocket } from "node:net";
import type { Transport } from "./engine-io.js";

// ws 8 beyond its documentation.

/** What a transport's WebSocket reads from and writes to; undefined for a transport without one. */
export function streamBelow(transport: Transport): unknown {
  const webSocket = transport.socket as { readonly _socket?: unknown } | undefined;
  return webSocket?._socket ?? undefined;
}

/** The TCP or TLS socket below a WebSocket transport that does not compress; undefined for any other transport. */
export function wireOf(transport: Transport): NetSocket | undefined {
  if (transport.name !== "websocket" || transport.opts.perMessageDeflate) return undefined;
  const stream = streamBelow(transport);
  return stream instanceof NetSocket ? stream : undefined;
}
