import { Agent } from "node:http";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { onEnd } from "./cleanup.js";
import { deferred, within } from "./wait.js";

/** What the server says on every connect. */
export interface Session {
  readonly id: string;
  readonly instance: string;
  readonly worker: number;
}

export interface Client {
  readonly socket: Socket;
  /** Of the latest connect: another one after a reconnect. */
  readonly session: Session;
}

export type ClientOptions = Partial<ManagerOptions & SocketOptions> & {
  /** Longest time until the session is known; default 5000. */
  readonly withinMs?: number;
  /** Its requests share no connection with those of other clients, as with browsers. */
  readonly ownConnections?: boolean;
};

/**
 * A real socket.io-client, connected and told its session. A connection of its own (forceNew), over
 * WebSocket and without reconnection unless the options say otherwise. Ends by itself, at once.
 * @throws what the server refuses with.
 */
export async function connectClient(
  url: string,
  { withinMs = 5000, ownConnections = false, ...options }: ClientOptions = {},
): Promise<Client> {
  const agent = new Agent({ keepAlive: true });
  onEnd(() => agent.destroy());
  // The library's types know of strings only.
  const connections = ownConnections ? { agent: agent as unknown as string } : {};
  const defaults = { transports: ["websocket"], forceNew: true, reconnection: false };
  const socket = io(url, { ...defaults, ...connections, ...options });
  onEnd(() => terminate(socket));
  const first = deferred<Session>();
  let session: Session | undefined;
  socket.on("session", (next: Session) => {
    session = next;
    first.resolve(next);
  });
  socket.on("connect_error", (error) => {
    if (options.reconnection !== true || !socket.active) first.reject(error);
  });
  const known = await within(first.promise, withinMs, `the session from ${url}`);
  return {
    socket,
    get session() {
      return session ?? known;
    },
  };
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Emits an event and returns its acknowledgement. @throws after `withinMs` (default 5000) without one. */
export async function emitAck<Answer = unknown>(
  socket: Socket,
  event: string,
  payload: unknown,
  withinMs = 5000,
): Promise<Answer> {
  // With a timeout of its own, however long, the library also tells of a disconnect instead of an answer.
  const answer = socket.timeout(LONGEST_TIMER_MS).emitWithAck(event, payload) as Promise<Answer>;
  return within(answer, withinMs, `the answer to "${event}"`);
}

/** Without the WebSocket's closing handshake, for which a client waits half a minute if the server is gone. */
function terminate(socket: Socket): void {
  const { engine } = socket.io;
  socket.disconnect();
  const { ws } = (engine?.transport ?? {}) as { ws?: { terminate?(): void } };
  ws?.terminate?.();
}
