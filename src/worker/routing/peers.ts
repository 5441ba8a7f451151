import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Those who own the sessions that this worker does not. */
export interface Peers {
  /**
   * Who owns this session, if it is a peer that there may be; undefined when it is this worker itself, or nobody: then
   * this worker gives the answer to an unknown session.
   */
  peerOf(sessionId: string): Peer | undefined;
  /** Gives up a connection of which nothing was read, to whoever takes it. Resolves when it is on its way. */
  giveBack(socket: Socket): Promise<void>;
}

/** One of them. */
export interface Peer {
  /**
   * Has the peer answer. Bodies flow both ways as fast as the slower side takes them, and the end of either side ends the
   * other. `onAbsent` is called instead if the peer is not there, before anything was answered.
   */
  forward(request: IncomingMessage, response: ServerResponse, onAbsent: () => void): void;
  /** Gives up the connection, of which nothing was read but `bytes`: a request that nobody has answered. */
  handOver(socket: Socket, bytes: Uint8Array): void;
  /** Whether there is such a worker, so that a connection may go to it. */
  isThere(): boolean;
}
