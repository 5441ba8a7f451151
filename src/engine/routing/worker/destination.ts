import type { Agent, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** A client's connection that wants to become a WebSocket, with what was read of it after the header. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

/** A process that has sessions: a worker of this instance, or another instance. */
export interface Destination {
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** Connections for requests of this session. */
  agentFor(sessionId: string): Agent;
  /** Gives the client's connection itself away. Absent where that cannot be: its bytes are relayed then. */
  handOver?(upgrade: Upgrade): void;
  /** A connection to the process was made. */
  onReached(): void;
  /** The process was reached, and does not take this one for a peer. */
  onRefused(): void;
  /** No connection could be made. */
  onUnreachable(error: Error): void;
}

/** Knows who has the sessions that are not this process's. */
export interface AddressBook {
  /** Undefined for a session that is this process's, or not in this book; resolves with undefined if nobody has it. */
  find(
    sessionId: string,
    request: IncomingMessage,
  ): Promise<Destination | undefined> | Destination | undefined;
}
