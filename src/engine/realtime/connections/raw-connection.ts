import type { IncomingMessage } from "node:http";

/** A packet of Engine.IO, as its events `packet` and `packetCreate` tell. */
export interface RawPacket {
  readonly type: string;
  readonly data?: unknown;
}

/** An Engine.IO connection (`socket.conn`), as far as it is used here: its types leave out the id and the queue. */
export interface RawConnection {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly readyState: "opening" | "open" | "closing" | "closed";
  readonly transport: { readonly name: string };
  /** Packets that Engine.IO holds back until the transport has taken those before them. */
  readonly writeBuffer: readonly RawPacket[];
  /** With `discard`, without waiting for what is held back. */
  close(discard?: boolean): void;
  on(event: "packet", listener: (this: RawConnection, packet: RawPacket) => void): unknown;
  on(event: "upgrade" | "close", listener: (this: RawConnection) => void): unknown;
}
