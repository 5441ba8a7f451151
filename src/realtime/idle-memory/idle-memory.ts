import type { Component } from "../../lifecycle.js";
import type { Logger } from "../../logger.js";
import type { Io, IoSocket } from "../io.js";
import {
  type Connection,
  isBetweenFrames,
  type Layers,
  layersOf,
  upgradeErrorListener,
  upperLayersOf,
} from "./internals.js";
import { createRequests } from "./requests.js";
import { SmallMap } from "./small-map.js";
import { createTableTightener, tightArray, tightQueue } from "./tight.js";

/**
 * Makes connections over WebSocket small as soon as they are established, most of which do nothing most of the time: a third
 * of what they hold is left over from the handshake or room to grow that nothing grows into. What the libraries document
 * of sockets, connections and requests stays as it is.
 *
 * It needs internals of the libraries: where they are not as expected, it says so once and leaves everything as it is.
 */
export function createIdleMemory(io: Io, log: Logger): Component {
  const requests = createRequests();
  const tighten = createTighteners();
  let active = true;
  let warned = false;

  function warn(): void {
    if (!warned)
      log.warn("this version of socket.io is not known to the idle memory: connections stay large");
    warned = true;
  }

  // In the turn in which it was made, so that what goes is young: later it would leave holes between what stays. But at its
  // end, as others still add to it.
  function onConnection(connection: Connection): void {
    if (connection.transport.name === "websocket") process.nextTick(shrink, connection);
    else connection.once("upgrade", () => process.nextTick(shrink, connection));
  }

  function shrink(connection: Connection): void {
    if (!active || connection.transport.name !== "websocket") return;
    const layers = layersOf(connection);
    if (layers === undefined) {
      warn();
      return;
    }
    requests.shrink(layers.wire);
    // Every answer to a ping is a frame.
    connection.on("heartbeat", onHeartbeat);
    shrinkLayers(layers, tighten);
  }

  // One function for all connections, as each would cost memory.
  function onHeartbeat(this: Connection): void {
    if (active) process.nextTick(releaseFrame, this); // the frame is still being read
  }

  function onSocket(socket: IoSocket): void {
    process.nextTick(shrinkUpper, socket);
  }

  function shrinkUpper(socket: IoSocket): void {
    if (!active || !socket.connected) return;
    const layers = upperLayersOf(socket);
    if (layers === undefined) {
      warn();
      return;
    }
    const { client, inside } = layers;
    const { _callbacks: callbacks } = client.decoder;
    for (const event in callbacks) callbacks[event] = tightArray(callbacks[event] ?? []);
    client.nsps = new SmallMap(client.nsps);
    client.sockets = new SmallMap(client.sockets);
    inside.acks = new SmallMap(inside.acks);
    if (inside._anyListeners !== undefined) inside._anyListeners = tightArray(inside._anyListeners);
    tighten.socket(inside);
    releaseFrame(socket.conn as unknown as Connection);
  }

  return {
    name: "idle memory",
    async start() {
      io.engine.use(requests.onHandshake);
      io.engine.on("connection", onConnection);
      io.on("connection", onSocket);
    },
    async stop() {
      active = false;
      io.engine.off("connection", onConnection);
      io.off("connection", onSocket);
    },
  };
}

type Tighteners = ReturnType<typeof createTighteners>;

const isClose = (event: string | symbol): boolean => event === "close";

/** What comes once by the libraries' own guards; after the first error Engine.IO closes, and takes no notice of the next. */
function createTighteners() {
  return {
    wire: createTableTightener(),
    webSocket: createTableTightener(isClose),
    receiver: createTableTightener(),
    transport: createTableTightener((event, listener) => isClose(event) || listener.name === "bound onError"),
    connection: createTableTightener(isClose),
    socket: createTableTightener(),
  };
}

function shrinkLayers(layers: Layers, tighten: Tighteners): void {
  const { webSocket, receiver, connection } = layers;
  const upgradeError = upgradeErrorListener(webSocket);
  if (upgradeError !== undefined) webSocket.off("error", upgradeError);
  tighten.wire(layers.wire);
  tighten.webSocket(webSocket);
  tighten.receiver(receiver);
  tighten.transport(layers.transport);
  tighten.connection(connection);
  connection.cleanupFn = tightArray(connection.cleanupFn);
  connection.sentCallbackFn = tightQueue(connection.sentCallbackFn);
  if (isBetweenFrames(receiver)) {
    receiver._buffers = tightQueue([]);
    receiver._mask = undefined;
  }
}

/** The mask of the last frame keeps what it was read with. */
function releaseFrame(connection: Connection): void {
  if (connection.transport.name !== "websocket") return;
  const receiver = layersOf(connection)?.receiver;
  if (receiver !== undefined && isBetweenFrames(receiver)) receiver._mask = undefined;
}
