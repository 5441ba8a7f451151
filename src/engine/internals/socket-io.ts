import { type EngineConnection, isEngineConnection } from "./engine-io.js";
import type { PacketOptions } from "./socket-io-adapter.js";

// Socket.IO 4.8 beyond its documentation.

/** What Socket.IO keeps per connection (`socket.client`). */
export interface ClientOfIo {
  readonly conn: EngineConnection;
  /** Takes each packet for this connection. Its second argument is one object for all receivers of a broadcast. */
  writeToEngine(encodedPackets: readonly unknown[], options: PacketOptions): void;
}

/** The client of a socket, if it has the expected form. */
export function clientOf(socket: { readonly client: unknown }): ClientOfIo | undefined {
  const client = (socket.client ?? {}) as Partial<ClientOfIo>;
  return typeof client.writeToEngine === "function" && isEngineConnection(client.conn)
    ? (client as ClientOfIo)
    : undefined;
}
