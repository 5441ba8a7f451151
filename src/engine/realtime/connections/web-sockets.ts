import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";

/** Time for the other side to answer a closing frame, in milliseconds. Until then a connection that is over holds its memory. */
const CLOSE_TIMEOUT_MS = 5000;
/** Pieces of one message. Browsers send large messages in a few. */
const MAX_FRAGMENTS = 256;
/** What is still read of a connection that is being closed, in bytes. */
const MAX_DROPPED_BYTES = 1024 * 1024;

/** Is told of a WebSocket that a request has opened, before Engine.IO is. */
export type OnWebSocket = (request: IncomingMessage, webSocket: WebSocket) => void;

/**
 * Socket.IO's option `wsEngine`: the server of `ws` with bounds that Engine.IO does not pass on, which tells of each WebSocket.
 * What Engine.IO documents of a connection has no way to stop reading from it, nor to end it at once; a WebSocket of `ws` has.
 */
export function createWebSocketEngine(onWebSocket: OnWebSocket) {
  return class Engine extends WebSocketServer {
    constructor(options: ServerOptions) {
      const bounds = {
        maxFragments: MAX_FRAGMENTS,
        closeTimeout: CLOSE_TIMEOUT_MS,
        // One frame of each connection per turn of the event loop: what is read at once may hold ten thousand, of any kind, and
        // whoever else is there would wait for all of them.
        allowSynchronousEvents: false,
      };
      super({ ...options, ...bounds });
    }

    override handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (webSocket: WebSocket, request: IncomingMessage) => void,
    ): void {
      super.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
        boundDropped(webSocket, socket);
        onWebSocket(request, webSocket);
        done(webSocket, request);
      });
    }
  };
}

/**
 * After its goodbye, or a frame that breaks the rules, a client's bytes are dropped until the connection is closed, and nobody is told of them.
 * No more is read than a client has on its way. It is not cut, so that it hears why it is closed: it may be sending a message that is too large.
 */
function boundDropped(webSocket: WebSocket, stream: Duplex): void {
  let left = MAX_DROPPED_BYTES;
  stream.on("data", (chunk: Buffer) => {
    if (webSocket.readyState === webSocket.OPEN) return;
    left -= chunk.length;
    if (left < 0) webSocket.pause();
  });
}
