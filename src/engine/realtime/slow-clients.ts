import { type QueuedPacket, queueOf } from "../internals/engine-io.js";
import type { Internals } from "../internals/internals.js";
import type { ConnectionMetrics } from "../metrics/types.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { Connection } from "./connections/connection.js";
import type { Connections } from "./connections/connections.js";

/** How often connections are looked at, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;
/** Overhead of a queued packet besides its content, in bytes. */
const PACKET_BYTES = 128;
const NOTHING: readonly QueuedPacket[] = [];

/** What may wait in this process for one client. */
export interface BacklogLimits {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Ends connections whose clients do not read, whether they have joined or not: Socket.IO queues for them without end. They are
 * closed at once, as by a broken link, so that the client reconnects and reads on page by page; after `disconnect()` it would not
 * reconnect. Too many bytes end a connection whenever they are seen. Too many packets end it when the client has taken none of
 * them since the last look: a client that polls may be sent many between two polls. Where `backlog` is not allowed, see
 * docs/internals.md, only what was written counts.
 */
export function createSlowClientGuard(
  connections: Connections,
  limits: BacklogLimits,
  metrics: Pick<ConnectionMetrics, "slowClient">,
  internals: Pick<Internals, "allows">,
  log: Logger,
): Component {
  /** The first packet of those that were too many. */
  const first = new WeakMap<Connection, QueuedPacket>();
  let timer: NodeJS.Timeout | undefined;
  let seesQueue = false;

  function isStuck(connection: Connection, [packet]: readonly QueuedPacket[]): boolean {
    const isSame = packet !== undefined && first.get(connection) === packet;
    if (packet !== undefined) first.set(connection, packet);
    return isSame;
  }

  function check(): void {
    for (const connection of connections) {
      const queue = (seesQueue && queueOf(connection.raw)) || NOTHING;
      const packets = queue.length;
      const bytes = unsentBytes(connection) + queue.reduce((sum, one) => sum + sizeOf(one), 0);
      const isOver = bytes > limits.bytes || (packets > limits.packets && isStuck(connection, queue));
      if (!isOver) continue;
      log.warn({ session: connection.socket?.id, packets, bytes }, "client does not read: connection closed");
      metrics.slowClient();
      connection.cut();
    }
  }

  return {
    name: "slow client guard",
    async start() {
      seesQueue = internals.allows("backlog");
      timer = setInterval(check, CHECK_INTERVAL_MS);
    },
    async stop() {
      clearInterval(timer);
    },
  };
}

/** In bytes; of text in UTF-16 units, which are no more. */
function sizeOf({ data }: QueuedPacket): number {
  if (typeof data === "string") return PACKET_BYTES + data.length;
  return PACKET_BYTES + (data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0);
}

/** Bytes that were written and that the kernel has not taken. */
function unsentBytes({ webSocket, candidate, answers }: Connection): number {
  let bytes = (webSocket?.bufferedAmount ?? 0) + (candidate?.bufferedAmount ?? 0);
  for (const answer of answers ?? []) bytes += answer.writableLength;
  return bytes;
}
