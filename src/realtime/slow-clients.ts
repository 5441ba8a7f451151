import type { Component } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import type { ConnectionMetrics } from "../metrics/types.js";
import type { Io } from "./io.js";

/** How often connections are looked at, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** What may wait in this process for one client. */
export interface BacklogLimits {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Ends connections whose clients do not read: Socket.IO queues for them without end. They are closed as by a broken link
 * and at once, so that the client comes back and reads on page by page; `disconnect()` would keep it away for good.
 */
export function createSlowClientGuard(
  io: Io,
  limits: BacklogLimits,
  metrics: Pick<ConnectionMetrics, "slowClient">,
  log: Logger,
): Component {
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    for (const socket of io.sockets.sockets.values()) {
      const waiting = waitingPackets(socket.conn);
      const packets = waiting.length;
      const bytes = unsentBytes(socket.conn.transport) + waiting.reduce((sum, one) => sum + sizeOf(one), 0);
      if (packets <= limits.packets && bytes <= limits.bytes) continue;
      log.warn({ session: socket.id, packets, bytes }, "client does not read: connection closed");
      metrics.slowClient();
      socket.conn.close(true);
    }
  }

  return {
    name: "slow client guard",
    async start() {
      timer = setInterval(check, CHECK_INTERVAL_MS);
    },
    async stop() {
      clearInterval(timer);
    },
  };
}

// Engine.IO types neither its queue nor the WebSocket below its transport. Where a version has them under other
// names, nothing is found, nothing is closed, and the test of this file fails.

/** Packets that Engine.IO holds back until the transport has taken those before them. */
function waitingPackets(connection: object): readonly object[] {
  return "writeBuffer" in connection && Array.isArray(connection.writeBuffer) ? connection.writeBuffer : [];
}

/** Of its content, in bytes; of text in UTF-16 units, which are no more. */
function sizeOf(packet: object): number {
  const data = "data" in packet ? packet.data : undefined;
  if (typeof data === "string") return data.length;
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0;
}

/** Bytes that the WebSocket has not been able to hand to the kernel; 0 while polling. */
function unsentBytes(transport: object): number {
  if (!("socket" in transport) || typeof transport.socket !== "object" || transport.socket === null) return 0;
  const { bufferedAmount } = transport.socket as { readonly bufferedAmount?: number };
  return bufferedAmount ?? 0;
}
