import { Agent } from "node:http";
import type { Duplex } from "node:stream";

/** Below the time after which a server closes an idle connection (80 s), so that no request is sent into one that is closing. */
const IDLE_TIMEOUT_MS = 30_000;
/** Idle connections that are kept. */
const KEPT = 64;

/** Keeps connections to one process for the next request, but none on which there is something that nobody asked for. */
export class KeepAliveAgent extends Agent {
  constructor() {
    super({ keepAlive: true, maxFreeSockets: KEPT, timeout: IDLE_TIMEOUT_MS });
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return socket.readableLength === 0 && Boolean(super.keepSocketAlive(socket));
  }

  /** Ends the idle connections; those in use end after their answers. */
  close(): void {
    this.maxFreeSockets = 0;
    for (const socket of Object.values(this.freeSockets).flat()) socket?.destroy();
  }
}
