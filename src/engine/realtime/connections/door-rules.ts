import type { WebSocket } from "ws";
import type { Io, IoSocket } from "../io.js";
import type { Connection } from "./connection.js";
import { type Connections, sessionIdOf } from "./connections.js";
import type { Pace } from "./pace.js";
import type { RawConnection, RawPacket } from "./raw-connection.js";
import type { Reading } from "./reading.js";

/** How often a connection may ask to join. Clients ask once, and again after a refusal that they can do something about. */
const MAX_CONNECTS = 10;
/** How a Socket.IO packet begins that asks to join a namespace. */
const CONNECT = "0";
/** How the reasons end for which a socket leaves its connection; with all others the connection ends, too. */
const LEFT = " namespace disconnect";

/**
 * What holds for every connection, whether it has joined or not; after `io` is attached, and after whatever may refuse who asks to join.
 * - It has one Socket.IO session: when that ends, the connection is closed, and its client reconnects through admission. One that is let in
 *   twice, as it has asked again before the answer, is cut off.
 * - A connection that asks to join again and again is cut off.
 * - Everything that it sends counts towards its share of a turn, and towards its pace.
 */
export function installDoorRules(io: Io, connections: Connections, reading: Reading, pace: Pace): void {
  const byWebSocket = new WeakMap<WebSocket, Connection>();

  // One function of each for all connections, as each would cost memory.
  function onPacket(this: RawConnection, { type, data }: RawPacket): void {
    const connection = connections.get(this.id);
    if (connection === undefined) return;
    const text = typeof data === "string" ? data : "";
    const size = ArrayBuffer.isView(data) ? data.byteLength : text.length;
    reading.took(connection, size);
    pace.took(connection, size);
    if (type !== "message" || !text.startsWith(CONNECT)) return;
    connection.connects += 1;
    if (connection.connects > MAX_CONNECTS) connection.cut();
  }

  function onMessage(this: WebSocket): void {
    const connection = byWebSocket.get(this);
    if (connection?.raw.readyState === "closing") connection.tookWhileClosing();
  }

  /** The frames that the WebSocket answers by itself. */
  function onPing(this: WebSocket): void {
    const connection = byWebSocket.get(this);
    if (connection === undefined) return;
    reading.took(connection, 0);
    pace.took(connection, 0);
    onMessage.call(this);
  }

  function watchWebSocket(this: RawConnection): void {
    const connection = connections.get(this.id);
    if (connection?.webSocket === undefined) return;
    byWebSocket.set(connection.webSocket, connection);
    connection.webSocket.on("message", onMessage).on("ping", onPing).on("pong", onPing);
  }

  function onLeave(this: IoSocket, reason: string): void {
    const connection = connections.get(sessionIdOf(this));
    if (connection === undefined || !reason.endsWith(LEFT)) return;
    connection.outsideSinceMs = performance.now();
    // The client must still receive the packet that ends its session.
    connection.raw.close(reason.startsWith("client"));
  }

  io.engine.on("connection", (raw: RawConnection) => {
    raw.on("packet", onPacket);
    raw.on("upgrade", watchWebSocket);
    watchWebSocket.call(raw);
  });
  // Socket.IO refuses a second one once it has a session, and decides about all that come before.
  io.use((socket, next) => {
    const connection = connections.get(sessionIdOf(socket));
    if (connection?.isLetIn === true) connection.cut();
    else if (connection !== undefined) connection.isLetIn = true;
    next(); // Socket.IO drops what has no connection any more
  });
  io.on("connection", (socket) => socket.on("disconnect", onLeave));
}
