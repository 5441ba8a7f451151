import type { EventEmitter } from "node:events";
import { Socket as NetSocket } from "node:net";
import type { IoSocket } from "../io.js";
import { SmallMap } from "./small-map.js";
import { hasListenerTable } from "./tight.js";

// What is rewritten of Socket.IO 4.8, Engine.IO 6.6 and ws 8 beyond their types.

/** A connection over WebSocket, from the TCP socket up. */
export interface Layers {
  readonly wire: NetSocket;
  /** The WebSocket of `ws`. */
  readonly webSocket: EventEmitter;
  readonly receiver: Receiver;
  readonly transport: EventEmitter;
  readonly connection: Connection;
}

/** Engine.IO's connection (build/socket.js). */
export interface Connection extends EventEmitter {
  readonly transport: { readonly name: string };
  cleanupFn: (() => void)[];
  sentCallbackFn: unknown[];
}

/** What reads frames (ws: lib/receiver.js). */
export interface Receiver extends EventEmitter {
  _buffers: Buffer[];
  /** A slice of what was read with the last frame. */
  _mask: Buffer | undefined;
  readonly _bufferedBytes: number;
  readonly _state: number;
}

/** What Socket.IO keeps of a connection (dist/client.js). */
export interface Client {
  readonly decoder: Decoder;
  nsps: Map<string, unknown>;
  sockets: Map<string, unknown>;
}

/** What puts packets together (socket.io-parser: build/cjs/index.js, on an emitter of its own). */
export interface Decoder {
  readonly _callbacks: Record<string, unknown[]>;
}

/** Socket.IO's socket (dist/socket.js). */
export interface SocketInside extends EventEmitter {
  acks: Map<number, unknown>;
  _anyListeners?: unknown[];
}

/** The state of a receiver between two frames. */
const BETWEEN_FRAMES = 0;

/** The layers of a connection whose transport is a WebSocket; undefined if they have not the expected form. */
export function layersOf(connection: Connection): Layers | undefined {
  const transport = connection.transport as { readonly socket?: unknown };
  const webSocket = transport.socket as
    | { readonly _socket?: unknown; readonly _receiver?: Partial<Receiver> }
    | undefined;
  const wire = webSocket?._socket;
  const receiver = webSocket?._receiver;
  const isKnown =
    wire instanceof NetSocket &&
    [wire, webSocket, receiver, transport, connection].every(hasListenerTable) &&
    [connection.cleanupFn, connection.sentCallbackFn, receiver?._buffers].every(Array.isArray) &&
    typeof receiver?._bufferedBytes === "number" &&
    typeof receiver._state === "number" &&
    "_mask" in receiver;
  return isKnown ? ({ wire, webSocket, receiver, transport, connection } as unknown as Layers) : undefined;
}

/** What Socket.IO has on top of a connection; undefined if it has not the expected form. */
export function upperLayersOf(
  socket: IoSocket,
): { readonly client: Client; readonly inside: SocketInside } | undefined {
  const inside = socket as unknown as SocketInside;
  const client = socket.client as unknown as Partial<Client>;
  const callbacks = client.decoder?._callbacks;
  const isKnown =
    hasListenerTable(inside) &&
    [inside.acks, client.nsps, client.sockets].every(isMap) &&
    typeof callbacks === "object" &&
    Object.values(callbacks).every(Array.isArray);
  return isKnown ? { client: client as Client, inside } : undefined;
}

function isMap(value: unknown): boolean {
  return value instanceof Map || value instanceof SmallMap;
}

/** Whether it holds nothing of a frame that is still to be read on. */
export function isBetweenFrames({ _state, _bufferedBytes, _buffers }: Receiver): boolean {
  return _state === BETWEEN_FRAMES && _bufferedBytes === 0 && _buffers.length === 0;
}

/** Engine.IO's listener for errors of the upgrade (build/server.js), if there is another one that has taken over. */
export function upgradeErrorListener(webSocket: EventEmitter): (() => void) | undefined {
  const [first, second] = webSocket.listeners("error");
  return second !== undefined && first?.name === "onUpgradeError" ? (first as () => void) : undefined;
}

/** Of Engine.IO's `WebSocketResponse` (build/server.js): only its text tells it from others. */
const PASSES_CLOSE_ON = /^\(\) => this\.emit\(["']close["']\)$/;

/** What ties the response to a WebSocket handshake, and so the request, to the TCP socket for as long as it is open. */
export function responseListener(wire: NetSocket): (() => void) | undefined {
  return wire.listeners("close").find((listener) => PASSES_CLOSE_ON.test(String(listener))) as
    | (() => void)
    | undefined;
}
