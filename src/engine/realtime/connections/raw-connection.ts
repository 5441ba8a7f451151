import type { IncomingMessage } from "node:http";

/** A packet of Engine.IO, as its events `packet` and `packetCreate` tell. */
export interface RawPacket {
  readonly type: string;
  readonly data?: unknown;
}

/** An Engine.IO connection (`socket.conn`), as far as it is used here. Its types make a secret of the id, which is documented. */
export interface RawConnection {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly readyState: "opening" | "open" | "closing" | "closed";
  readonly transport: { readonly name: string; emit(event: "close"): unknown };
  /** With `discard`, without waiting for what is held back. */
  close(discard?: boolean): void;
  on(event: "packet", listener: (this: RawConnection, packet: RawPacket) => void): unknown;
  on(event: "upgrade" | "close", listener: (this: RawConnection) => void): unknown;
  once(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}
