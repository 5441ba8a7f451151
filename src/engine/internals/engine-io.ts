// Engine.IO 6.6 beyond its documentation.

/** A packet that waits in the queue. */
export interface QueuedPacket {
  readonly data?: unknown;
}

/** An Engine.IO transport. */
export interface Transport {
  readonly name: string;
  /** Whether what was sent before has been written. */
  readonly writable: boolean;
  readonly opts: { readonly perMessageDeflate?: unknown };
  /** The WebSocket of `ws`, if that is what it talks by. */
  readonly socket?: unknown;
  send(packets: readonly object[]): void;
  close(done?: () => void): void;
}

/** An Engine.IO connection. */
export interface EngineConnection {
  readonly readyState: string;
  readonly transport: Transport;
  /** Packets that Engine.IO holds back until the transport has taken those before them. */
  readonly writeBuffer: readonly QueuedPacket[];
  once(event: "upgrade", listener: (transport: Transport) => void): void;
}

/** Whether this is a connection of the expected form. */
export function isEngineConnection(conn: unknown): conn is EngineConnection {
  const { readyState, transport } = (conn ?? {}) as Partial<EngineConnection>;
  return (
    queueOf(conn) !== undefined &&
    typeof readyState === "string" &&
    typeof transport?.send === "function" &&
    typeof transport.close === "function" &&
    typeof transport.writable === "boolean" &&
    typeof transport.opts === "object"
  );
}

/** What waits in Engine.IO for a client; undefined where there is no such queue. */
export function queueOf(conn: unknown): readonly QueuedPacket[] | undefined {
  const { writeBuffer } = (conn ?? {}) as Partial<EngineConnection>;
  return Array.isArray(writeBuffer) ? writeBuffer : undefined;
}
