import type { Transport } from "../../internals/engine-io.js";
import type { Internals } from "../../internals/internals.js";
import { type ClientOfIo, clientOf } from "../../internals/socket-io.js";
import type { PacketOptions } from "../../internals/socket-io-adapter.js";
import { wireOf } from "../../internals/ws.js";
import type { Component } from "../../process/lifecycle.js";
import type { Io, IoSocket } from "../io.js";
import { createFlushPace } from "./flush-pace.js";
import { FrameRun } from "./frame-run.js";
import { Lane } from "./lane.js";

const LANE = Symbol("lane");
type Laned<T> = T & { readonly [LANE]: Lane };

/**
 * Makes broadcasts to WebSocket clients cheap: all frames for a connection within a turn of the event loop become one write,
 * whose bytes are put together once for all members of a room, and the queue of Engine.IO is passed by as long as it is
 * empty. Order, acknowledgements, volatile and binary packets, polling and back-pressure stay as they are: whatever is not a
 * plain broadcast to a connection that keeps up goes the ordinary way, behind what has gathered.
 *
 * Where it is not allowed, see docs/internals.md, everything stays as it is.
 */
export function createFanOut(io: Io, internals: Pick<Internals, "allows">): Component {
  const frames = new WeakMap<PacketOptions, Buffer>();
  let origin = { run: new FrameRun([], 0) };
  let waiting: Lane[] = [];
  /** Frames for all that waits. */
  let gathered = 0;
  const known = new WeakSet<object>(); // a client may enter the namespace again on the same connection
  const pace = createFlushPace(flush);

  function flush(): number {
    const lanes = waiting;
    const messagesPerWrite = lanes.length === 0 ? 0 : gathered / lanes.length;
    waiting = [];
    gathered = 0;
    origin = { run: new FrameRun([], 0) };
    for (const lane of lanes) lane.flush();
    return messagesPerWrite;
  }

  /** One buffer for header and payload, made once per broadcast. */
  function frameOf(options: PacketOptions): Buffer | undefined {
    if (options.wsPreEncodedFrame === undefined || options.volatile === true) return undefined;
    let frame = frames.get(options);
    if (frame === undefined) {
      frame = Buffer.concat(options.wsPreEncodedFrame);
      frames.set(options, frame);
    }
    return frame;
  }

  function onConnection(socket: IoSocket): void {
    const client = clientOf(socket);
    if (client === undefined || known.has(client)) return;
    known.add(client);
    const { transport } = client.conn;
    if (transport.name === "websocket") open(client, transport);
    else client.conn.once("upgrade", (upgraded) => open(client, upgraded));
  }

  function open(client: ClientOfIo, transport: Transport): void {
    const wire = wireOf(transport);
    if (wire === undefined) return;
    const lane = new Lane(client.conn, transport, wire);
    ordinary ??= { send: transport.send, close: transport.close, writeToEngine: client.writeToEngine };
    Object.assign(transport, { [LANE]: lane, send, close });
    Object.assign(client, { [LANE]: lane, writeToEngine });
  }

  // One function for all connections, not one each: with `this`, and with what the libraries have on their prototypes.
  let ordinary: (Pick<Transport, "send" | "close"> & Pick<ClientOfIo, "writeToEngine">) | undefined;

  function send(this: Laned<Transport>, packets: readonly object[]): void {
    this[LANE].send(packets, () => ordinary?.send.call(this, packets));
  }

  function close(this: Laned<Transport>, done?: () => void): void {
    this[LANE].flush();
    ordinary?.close.call(this, done);
  }

  function writeToEngine(this: Laned<ClientOfIo>, packets: readonly unknown[], options: PacketOptions): void {
    const lane = this[LANE];
    const frame = lane.isFree() ? frameOf(options) : undefined;
    if (frame === undefined) {
      ordinary?.writeToEngine.call(this, packets, options);
      return;
    }
    gathered += 1;
    if (lane.add(frame, origin)) waiting.push(lane);
    pace.schedule();
  }

  return {
    name: "fan-out",
    async start() {
      if (internals.allows("fan-out")) io.on("connection", onConnection);
    },
    async stop() {
      io.off("connection", onConnection);
      pace.stop();
    },
  };
}
