import { Socket as NetSocket } from "node:net";
import type { IoSocket } from "../io.js";

// What the fan-out uses of Socket.IO 4.8, Engine.IO 6.6 and ws 8 beyond their types. outgoing-count.ts uses two more such parts.

/** Options of a packet. A broadcast's are one object for all its receivers, with the frame made in advance (socket.io-adapter 2.5). */
export interface PacketOptions {
  readonly volatile?: boolean;
  readonly wsPreEncodedFrame?: readonly Buffer[];
}

/** An Engine.IO transport. */
export interface Transport {
  readonly name: string;
  /** Whether what was sent before has been written. */
  readonly writable: boolean;
  readonly opts: { readonly perMessageDeflate?: unknown };
  /** The WebSocket of `ws`, on its TCP or TLS socket. */
  readonly socket?: { readonly _socket?: NetSocket | null };
  send(packets: readonly object[]): void;
  close(done?: () => void): void;
}

/** An Engine.IO connection. */
export interface Connection {
  readonly readyState: string;
  readonly transport: Transport;
  readonly writeBuffer: readonly object[];
  once(event: "upgrade", listener: (transport: Transport) => void): void;
}

/** What Socket.IO keeps per connection. */
export interface ClientOfIo {
  readonly conn: Connection;
  writeToEngine(encodedPackets: readonly unknown[], options: PacketOptions): void;
}

/** The connection of a socket, if it has the expected form. */
export function clientOf(socket: IoSocket): ClientOfIo | undefined {
  const client = socket.client as unknown as Partial<ClientOfIo>;
  const { conn } = client;
  const isKnown =
    typeof client.writeToEngine === "function" &&
    Array.isArray(conn?.writeBuffer) &&
    typeof conn?.readyState === "string" &&
    typeof conn.transport?.send === "function" &&
    typeof conn.transport.close === "function" &&
    typeof conn.transport.writable === "boolean" &&
    typeof conn.transport.opts === "object";
  return isKnown ? (client as ClientOfIo) : undefined;
}

/** The TCP or TLS socket below a WebSocket transport that does not compress; undefined for any other transport. */
export function wireOf(transport: Transport): NetSocket | undefined {
  if (transport.name !== "websocket" || transport.opts.perMessageDeflate) return undefined;
  const wire = transport.socket?._socket;
  return wire instanceof NetSocket ? wire : undefined;
}
