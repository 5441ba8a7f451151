import type { Socket as NetSocket } from "node:net";
import type { EngineConnection, Transport } from "../../internals/engine-io.js";
import type { FrameRun } from "./frame-run.js";

/** What gathers for one connection at most, in bytes. */
const LANE_LIMIT_BYTES = 65_536;

/** Where a turn's frames begin: all lanes of a worker share it, so that they share what follows. */
export type Origin = { readonly run: FrameRun };

/** The way of broadcasts past Engine.IO to the wire of one WebSocket connection. There is one per connection: it is kept small. */
export class Lane {
  readonly #connection: EngineConnection;
  readonly #transport: Transport;
  readonly #wire: NetSocket;
  #run: FrameRun | undefined;

  constructor(connection: EngineConnection, transport: Transport, wire: NetSocket) {
    this.#connection = connection;
    this.#transport = transport;
    this.#wire = wire;
  }

  /**
   * Whether a frame may pass: Engine.IO holds nothing back for this connection, and the kernel has taken all that was written.
   * Otherwise it has to go the ordinary way, which knows back-pressure.
   */
  isFree(): boolean {
    const connection = this.#connection;
    return (
      this.#transport.writable &&
      this.#wire.writableLength === 0 &&
      connection.writeBuffer.length === 0 &&
      connection.readyState === "open" &&
      connection.transport === this.#transport
    );
  }

  /** Adds a frame. Returns true if it is the first that waits, so that the lane has to be flushed. */
  add(frame: Buffer, origin: Origin): boolean {
    const isFirst = this.#run === undefined;
    this.#run = (this.#run ?? origin.run).with(frame);
    if (this.#run.byteLength > LANE_LIMIT_BYTES) this.flush();
    return isFirst;
  }

  /** Writes what has gathered, in one piece. A wire that is gone takes nothing: its client has to come back anyway. */
  flush(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    if (this.#wire.writable) this.#wire.write(run.bytes());
  }

  /** Sends packets the ordinary way, behind what has gathered; several of them become one write. */
  send(packets: readonly object[], ordinarily: () => void): void {
    if (this.#run === undefined && packets.length === 1) {
      ordinarily();
      return;
    }
    this.#wire.cork();
    this.flush();
    ordinarily();
    this.#wire.uncork();
  }
}
