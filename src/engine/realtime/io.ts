import type { IncomingMessage } from "node:http";
import { Server, type ServerOptions, type Socket } from "socket.io";
import type { Passport } from "../../contract/passport.js";
import type { Config, LimitsConfig } from "../config/config.js";
import type { OriginCheck } from "../http/origin.js";
import { createWebSocketEngine, type OnWebSocket } from "./connections/web-sockets.js";
import type { AnyEvents, InterServerEvents, RoomEvents, SessionEvents } from "./events.js";
import { createPackets } from "./packets.js";

/** What a connection carries from its handshake on. */
export interface SocketData {
  /** The client's address, seen through trusted proxies. */
  address: string;
  /** Who the client is, and what it may do at all. */
  passport: Passport;
}

/** The Socket.IO server. Features declare the events; only those that the engine itself sends are typed here. */
export type Io = Server<AnyEvents, RoomEvents & SessionEvents, InterServerEvents, SocketData>;

/** One connection. */
export type IoSocket = Socket<AnyEvents, RoomEvents & SessionEvents, InterServerEvents, SocketData>;

/** What a piece of a message in the mean must hold, in bytes; the smallest packets of networks carry five times as much. */
const CHUNK_BYTES = 128;

/**
 * A transport that gets more than this at once is cut off, and its session ends. Three times the limit of a body leaves room for clients
 * that write what is beyond ASCII as \uXXXX, and for the frame around it; a body just over the limit is refused with a reason.
 */
export function transportBytesOf({ messageBytes }: Pick<LimitsConfig, "messageBytes">): number {
  return 3 * messageBytes + 8192;
}

/**
 * A Socket.IO server that is not attached to anything yet. Path, protocol and transports are stock. `onWebSocket` is told of
 * each WebSocket, `onRefused` of each handshake that is not allowed for its origin.
 */
export function createIo(
  config: Config,
  checkOrigin: OriginCheck,
  onWebSocket: OnWebSocket,
  onRefused: (request: IncomingMessage) => void = () => {},
): Io {
  const transportBytes = transportBytesOf(config.limits);
  const options: Partial<ServerOptions> = {
    pingInterval: config.ping.intervalMs,
    pingTimeout: config.ping.timeoutMs,
    maxHttpBufferSize: transportBytes,
    // Each piece costs memory besides its bytes: who sends single ones is cut off as well.
    maxBufferedChunks: Math.ceil(transportBytes / CHUNK_BYTES),
    wsEngine: createWebSocketEngine(onWebSocket),
    parser: createPackets(transportBytes),
    allowRequest: (request, done) => {
      const { isOwnHost, isAllowed } = checkOrigin(request);
      if (isOwnHost && !isAllowed) onRefused(request);
      done(null, isAllowed);
    },
    cors: (request, done) => {
      const { isAllowed, credentials } = checkOrigin(request);
      done(null, { origin: isAllowed, credentials, preflightContinue: true }); // they count before they are answered
    },
  };
  return new Server(options);
}
