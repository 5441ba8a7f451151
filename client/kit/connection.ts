import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import type { ClientToServerEvents, Refusal, ServerToClientEvents } from "../contract.js";
import { randomName } from "../outbox.js";
import type { RoomSocket } from "../protocol.js";
import { type GetToken, type SessionSocket, signIn } from "../sign-in.js";
import { isOffline, onWake, pageAddress } from "./page-events.js";

export type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>;
export type SocketSettings = Partial<ManagerOptions & SocketOptions>;
/** `io` of socket.io-client. */
export type Io = (url: string, settings: SocketSettings) => Socket;
/** Why there is no connection until somebody sees to it; `code` is the server's, or `user_changed`. */
export type Problem = { readonly code: string; readonly message: string };

export type ConnectionOptions = {
  io: Io;
  /** Where the server is. In a browser, "" is where the page is from. */
  url: string;
  user?: string | undefined;
  getToken?: GetToken | undefined;
  socketOptions?: SocketSettings | undefined;
  checkMs: number;
  pause: (failures: number, retryAfterMs?: number) => Promise<void>;
};

export type ConnectionState = "connecting" | "connected" | "offline" | "unauthorized";

/** A storm of events, such as those of a device that wakes, makes one attempt. */
const LEAST_BETWEEN_ATTEMPTS_MS = 1000;
const ACK_TIMEOUT_MS = 20_000;

type Refused = Error & { data?: Partial<Refusal["error"]> };
type Listener = () => void;
type Hooks = {
  /** Whom it speaks for is known; it never changes. */
  user(id: string): void;
  /** Before what waits is sent. */
  beforeOpen(): void;
  wake(): void;
  change(): void;
};

/**
 * A socket that speaks for one user, and a gate to it for the library, which sends what waits as soon as that is connected: so it is once the
 * server has said that this socket speaks for this user.
 */
export function createConnection(options: ConnectionOptions, on: Hooks) {
  const { io, url, getToken, socketOptions, checkMs, pause } = options;
  const waiting = new Set<Listener>();
  let user = options.user;
  let isOpen = false;
  let isClosed = false;
  let isRenewed = false;
  let hasFailed = false;
  let problem: Problem | undefined;
  let attemptAt = -Infinity;
  let isChecking = false;
  let failures = 0;

  const socket: ClientSocket = io(url === "" ? (pageAddress() ?? "") : url, {
    ...{ forceNew: true, ackTimeout: ACK_TIMEOUT_MS, ...(user !== undefined && { auth: { user } }) },
    ...socketOptions,
    // Load balancers send all requests of a client to one instance by it.
    query: { r: randomName(), ...(socketOptions?.query as object | undefined) },
    autoConnect: false,
    retries: 0, // what is repeated goes out like what `lose` drops
  });
  /** Of the stock socket the library uses this, with events that it knows by name. */
  const stock = socket as unknown as RoomSocket;
  const gate = {
    get connected() {
      return isOpen;
    },
    on: (event: string, listener: Listener) =>
      event === "connect" ? waiting.add(listener) : stock.on(event, listener),
    off: (event: string, listener: Listener) =>
      event === "connect" ? waiting.delete(listener) : stock.off(event, listener),
    emit: (event: string, ...packet: unknown[]) => stock.emit(event, ...packet),
    timeout: (ms: number) => stock.timeout(ms),
  };

  function refuse(reason: Problem): void {
    problem ??= { code: reason.code, message: reason.message };
    isOpen = false;
    on.change();
  }

  function open(session: { user: string }): void {
    if (isClosed) return;
    if (user === undefined) on.user(session.user);
    user ??= session.user;
    if (session.user !== user) {
      refuse({ code: "user_changed", message: "The server takes this client for another user" });
      socket.disconnect();
      return;
    }
    failures = 0;
    problem = undefined;
    on.beforeOpen();
    isOpen = true;
    for (const resume of [...waiting]) resume();
    on.change();
  }

  /** What the stock client could not send any more it would send with the next connection, before that has said whom it speaks for. */
  function lose(reason: string): void {
    socket.sendBuffer.splice(0);
    isOpen = false;
    hasFailed = reason === "io client disconnect" && !isRenewed;
    if (reason === "io server disconnect")
      refuse({ code: "removed", message: "The server has ended this connection" });
    on.change();
  }

  /** After a refusal the stock client stays away. Where it is for the token, it is signed in again elsewhere. */
  async function comeAgain({ data, message }: Refused): Promise<void> {
    hasFailed = socket.active || data?.temporary === true;
    on.change();
    if (socket.active || isClosed || (getToken !== undefined && data?.code !== undefined)) return;
    if (data?.temporary === false) return refuse({ code: data.code ?? "internal", message });
    failures += 1;
    await pause(failures - 1, data?.retryAfterMs);
    if (!isClosed && !socket.active && problem === undefined) socket.connect();
  }

  /** Now, and not when the stock client would try again. */
  function attempt(): void {
    if (performance.now() - attemptAt < LEAST_BETWEEN_ATTEMPTS_MS) return;
    attemptAt = performance.now();
    hasFailed = false;
    isRenewed = true;
    if (socket.active) socket.disconnect();
    isRenewed = false;
    socket.connect();
    on.change();
  }

  /** Whether anybody is at the other end, which a connection that slept does not tell. Leaving a room that nobody is in asks for an answer, and nothing else. */
  function check(): void {
    if (isChecking) return;
    isChecking = true;
    const { id } = socket;
    stock.timeout(checkMs).emit("unsubscribe", { room: `check-${randomName()}` }, (silence: unknown) => {
      isChecking = false;
      if (silence && !isClosed && socket.connected && socket.id === id) attempt();
    });
  }

  function wake(): void {
    if (isClosed || problem !== undefined || !socket.active) return;
    on.wake();
    if (socket.connected) check();
    else attempt();
    on.change();
  }

  socket.on("session", open);
  socket.on("connect", () => {
    hasFailed = false;
    attemptAt = -Infinity;
  });
  socket.on("disconnect", lose);
  const sign = { getToken: getToken ?? (() => ""), onRefused: refuse, pause };
  const signOut = getToken && signIn(socket as unknown as SessionSocket, sign);
  socket.on("connect_error", comeAgain);
  const stopWaking = onWake(wake);

  return {
    socket,
    gate: gate as unknown as RoomSocket,
    wake,
    user: () => user,
    problem: () => problem,
    state(): ConnectionState {
      if (problem !== undefined) return "unauthorized";
      if (isOpen) return "connected";
      return isClosed || hasFailed || isOffline() ? "offline" : "connecting";
    },
    /** Comes now, also after it was refused. */
    connect(): void {
      if (isClosed || isOpen) return;
      problem = undefined;
      attemptAt = -Infinity;
      attempt();
    },
    close(): void {
      isClosed = true;
      isOpen = false;
      stopWaking();
      signOut?.();
      socket.disconnect();
      on.change();
    },
  };
}
export type Connection = ReturnType<typeof createConnection>;
