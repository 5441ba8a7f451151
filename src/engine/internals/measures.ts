/** What is known of a measure that needs more of a library than it documents. docs/internals.md is made of these. */
export interface About {
  /** With the versions whose form is known. */
  readonly libraries: string;
  /** The undocumented parts, each with its file. */
  readonly reaches: string;
  readonly saves: string;
  /** What could go wrong with a version that passes the check. */
  readonly risks: string;
  readonly without: string;
  /** How it is left off, as it is written. */
  readonly off: string;
}

/** Every measure of that kind, by name. */
export const MEASURES = {
  "fan-out": {
    libraries: "socket.io 4.8, engine.io 6.6, ws 8, socket.io-adapter 2.5",
    reaches:
      "`Client.writeToEngine` (`socket-io.ts`); `send`, `close`, `writable`, `opts` and `socket` of a transport, `Socket.writeBuffer` (`engine-io.ts`); `WebSocket._socket` (`ws.ts`); `wsPreEncodedFrame` (`socket-io-adapter.ts`)",
    saves:
      "all frames for a connection within a turn are one write, whose bytes are put together once for a room: [performance.md](performance.md)",
    risks: "frames that overtake others, or are written into a connection that holds packets back",
    without: "each broadcast is one write per receiver",
    off: "FAN_OUT=stock",
  },
  "outgoing-count": {
    libraries: "socket.io-adapter 2.5",
    reaches: "`Adapter._encode`, `Adapter.apply` (`socket-io-adapter.ts`)",
    saves: "nothing; one look per broadcast tells how many events go out, those from other workers included",
    risks: "wrong counts",
    without: '`realtime_events_total{direction="out"}` has only what is sent to single clients',
    off: "INTERNALS_OFF=outgoing-count",
  },
  backlog: {
    libraries: "engine.io 6.6",
    reaches: "`Socket.writeBuffer` (`engine-io.ts`)",
    saves: "the memory that Engine.IO's queue takes for a client that does not read",
    risks: "clients that read are cut off, or others are not",
    without:
      "CLIENT_BACKLOG_PACKETS has no effect, and CLIENT_BACKLOG_BYTES holds for what was written to the connection, not for what is queued; clients that poll are not bounded between two polls",
    off: "INTERNALS_OFF=backlog",
  },
  "header-release": {
    libraries: "Node.js 20, 22, 24, 26",
    reaches: "assigns `IncomingMessage.headers` and `rawHeaders`, documented for reading (`node.ts`)",
    saves:
      "the memory of a connection's request headers, with cookies about as much as the rest of an idle connection",
    risks: "somebody who reads headers after the handshake finds none",
    without: "each connection keeps its headers",
    off: "INTERNALS_OFF=header-release",
  },
  "mongodb-wake": {
    libraries: "mongodb 7",
    reaches:
      "emits `drain` on a closed connection, for which the driver's `Connection.writeCommand` waits (`mongodb.ts`)",
    saves: "operations, and the driver's monitor, that would wait for ever for a connection that has closed",
    risks: "none is known: the event has no consequence for whoever does not wait for it",
    without:
      "an operation or the monitor may hang when the server goes away; the process then has no database until it is restarted",
    off: "INTERNALS_OFF=mongodb-wake",
  },
  "redis-replies": {
    libraries: "ioredis 6",
    reaches:
      "replaces the class of `ioredis/built/DataHandler.js`: its `data` listener, `dispatch`, `returnReply`, `returnPush`, `returnError`, and `commandQueue.peekFront` of a client (`ioredis.ts`)",
    saves:
      "a worker at whose connection to Redis somebody answers what is no answer, or announces more than there is memory: the connection is cut instead",
    risks: "a connection is cut at a reply that is well, and Redis counts as away",
    without:
      "a wrong answer to SUBSCRIBE, as from what is no Redis, or a reply of a hundred bytes that announces millions of parts, ends every worker",
    off: "INTERNALS_OFF=redis-replies",
  },
  sticky: {
    libraries: "@socket.io/sticky 2",
    reaches:
      "its messages `sticky:connection` and `sticky:disconnection`, its `data` listeners, its choice among the enumerable `cluster.workers`, its calls of `Worker.send` (`sticky.ts`)",
    saves: "requests that come in pieces, soon after the handshake or while workers change find their worker",
    risks: "requests that reach a wrong worker, or none",
    without:
      "with ROUTING=forward the library is not used; with ROUTING=sticky and another version sessions are announced as the library does, later than their clients know of them",
    off: "ROUTING=forward",
  },
} as const satisfies Readonly<Record<string, About>>;

/** A measure that needs more of a library than it documents. */
export type Measure = keyof typeof MEASURES;

/** Those that `INTERNALS_OFF` takes; the others have variables of their own. */
export const SWITCHABLE = [
  "outgoing-count",
  "backlog",
  "header-release",
  "mongodb-wake",
  "redis-replies",
] as const satisfies readonly Measure[];
