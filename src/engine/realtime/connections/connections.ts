import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { readEngineRequest } from "../../http/engine-request.js";
import type { Io, IoSocket } from "../io.js";
import { Connection } from "./connection.js";
import type { RawConnection } from "./raw-connection.js";

/** Frames of a WebSocket that is to replace polling: the probe and the upgrade. Those that it answers by itself count. */
const MAX_PROBES = 4;

/** All Engine.IO connections of this worker, those included that have not joined or have left. */
export interface Connections extends Iterable<Connection> {
  /** Begins to track connections. To be called after `io` is attached and before the first connection. */
  install(io: Io): void;
  /** To be told of each WebSocket, before Engine.IO is. */
  onWebSocket(request: IncomingMessage, webSocket: WebSocket): void;
  /** The connection with this session id. */
  get(sessionId: string): Connection | undefined;
}

/** The session id of Engine.IO: a secret of the client. */
export function sessionIdOf(socket: IoSocket): string {
  return (socket.conn as unknown as RawConnection).id;
}

export function createConnections(): Connections {
  const byId = new Map<string, Connection>();
  /** Those for which Engine.IO is just making a connection. */
  const opened = new WeakMap<IncomingMessage, WebSocket>();
  let path = "";

  function onConnection(raw: RawConnection): void {
    byId.set(raw.id, new Connection(raw, opened.get(raw.request)));
    raw.on("upgrade", onUpgrade);
    raw.on("close", onClose);
  }

  // One function of each for all connections, as each would cost memory.
  function onUpgrade(this: RawConnection): void {
    byId.get(this.id)?.upgraded();
  }

  function onClose(this: RawConnection): void {
    const connection = byId.get(this.id);
    byId.delete(this.id);
    connection?.ended();
  }

  return {
    install(io) {
      path = `${io.path()}/`;
      io.engine.on("connection", onConnection);
      io.on("connection", (socket) => {
        const connection = byId.get(sessionIdOf(socket));
        if (connection === undefined) return;
        connection.socket = socket;
        connection.outsideSinceMs = undefined;
      });
    },
    onWebSocket(request, webSocket) {
      const asked = readEngineRequest(request.url ?? "", path);
      const connection = asked.kind === "session" ? byId.get(asked.sessionId) : undefined;
      if (connection === undefined) {
        opened.set(request, webSocket);
        return;
      }
      watchCandidate(connection, webSocket);
    },
    get: (sessionId) => byId.get(sessionId),
    [Symbol.iterator]: () => byId.values(),
  };
}

/** Engine.IO answers each probe at once and counts none: a connection that goes on probing is cut off. So is one that sends anything else, as nothing holds it back. */
function watchCandidate(connection: Connection, webSocket: WebSocket): void {
  const events = ["message", "ping", "pong"] as const;
  let probes = 0;
  const isTried = () => connection.candidate === webSocket;
  connection.candidate = webSocket;
  webSocket.once("close", () => {
    if (isTried()) connection.candidate = undefined;
  });
  function onFrame(): void {
    probes += 1;
    if (!isTried()) for (const event of events) webSocket.off(event, onFrame);
    else if (probes > MAX_PROBES) webSocket.terminate();
  }
  for (const event of events) webSocket.on(event, onFrame);
}
