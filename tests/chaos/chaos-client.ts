import { io, type Socket } from "socket.io-client";
import { createRoomClient, type Message, type Position } from "../../client/room-client.js";
import { onEnd } from "../support/cleanup.js";
import type { Issuer } from "./issuer.js";
import { type Body, idOf, type Ledger } from "./ledger.js";
import type { Prng } from "./prng.js";
import type { Stream } from "./stream.js";

/** One user with a connection that comes back at a random instance, and the project's client library on it. */
export interface ChaosClient {
  readonly user: string;
  readonly socket: Socket;
  /** Messages that are not acknowledged yet. */
  readonly unconfirmed: number;
  /** Reads the room from `from` on, into the ledger; `tap` gets each message after it. */
  read(room: string, from?: ReadFrom, tap?: (message: Message) => void): Reader;
  /** Publishes the next message of this user; only into rooms that were opened by `read` or `openForWriting`. */
  publish(room: string, padBytes?: number): Promise<number>;
  openForWriting(room: string): void;
  /** Stops and resumes reading from the network, as a client that hangs. */
  hang(): void;
  wake(): void;
  close(): void;
}

export type ReadFrom =
  | { readonly after: number }
  | { readonly position: Position }
  | { readonly limit: number };

export interface Reader {
  readonly room: string;
  readonly stream: Stream;
  position(): Position | undefined;
  /** How it is connected, for whoever asks why it is behind. */
  link(): string;
}

export interface ClientOptions {
  readonly user: string;
  /** Where the instances are reached; one is picked at random for every attempt. */
  readonly urls: () => readonly string[];
  readonly rng: Prng;
  readonly ledger: Ledger;
  /** Gives this user's tokens; undefined where the name is believed. */
  readonly issuer: Pick<Issuer, "tokenFor"> | undefined;
}

type RoomHandle = ReturnType<ReturnType<typeof createRoomClient>["room"]>;

/** Connects at once and for good. Ends by itself. */
export function createChaosClient({ user, urls, rng, ledger, issuer }: ClientOptions): ChaosClient {
  const socket = connectAnywhere(user, () => rng.pick(urls()), ledger);
  const client =
    issuer === undefined
      ? createRoomClient(socket)
      : createRoomClient(socket, { getToken: () => issuer.tokenFor(user) });
  const handles = new Map<string, RoomHandle>();
  const counters = new Map<string, number>();
  let unconfirmed = 0;

  async function publish(room: string, padBytes = 0): Promise<number> {
    const handle = handles.get(room);
    if (handle === undefined) throw new Error(`${user} has not opened ${room}`);
    const n = (counters.get(room) ?? 0) + 1;
    counters.set(room, n);
    const body = { n, pad: "x".repeat(padBytes) } satisfies Body;
    unconfirmed += 1;
    ledger.published(room, user, idOf(n));
    try {
      const { seq, id } = await handle.publish(body, idOf(n));
      ledger.acked({ room, from: user, id, seq });
      return seq;
    } finally {
      unconfirmed -= 1;
    }
  }

  function read(room: string, from: ReadFrom = { after: 0 }, tap?: (message: Message) => void): Reader {
    const start = "after" in from ? from.after : "position" in from ? from.position.last : undefined;
    let handle: RoomHandle | undefined;
    const position = () => handle?.position();
    const reached = () => position()?.last ?? 0;
    const stream = ledger.openStream(room, user, { after: start, reached });
    handle = client.room(room, {
      ...("position" in from ? from : { start: from }),
      onMessage(message) {
        stream.receive(message);
        tap?.(message);
      },
      onReset: () => stream.reset(),
      onError: (error) => ledger.complain("other", `${room}: ${user} was refused: ${error.code}`),
    });
    handles.set(room, handle);
    const link = () =>
      `${socket.connected ? "connected" : "not connected"} to ${Reflect.get(socket.io, "uri")}`;
    return { room, stream, position, link };
  }

  function close(): void {
    client.close();
    endAtOnce(socket);
  }

  onEnd(close);
  return {
    user,
    socket,
    get unconfirmed() {
      return unconfirmed;
    },
    read,
    publish,
    openForWriting: (room) => void handles.set(room, client.room(room)),
    hang: () => webSocketOf(socket)?.pause?.(),
    wake: () => webSocketOf(socket)?.resume?.(),
    close,
  };
}

function connectAnywhere(user: string, pickUrl: () => string, ledger: Ledger): Socket {
  const socket = io(pickUrl(), {
    transports: ["websocket"],
    forceNew: true,
    auth: { user },
    reconnectionDelay: 100,
    reconnectionDelayMax: 1000,
    timeout: 4000,
  });
  // The manager reads it for every attempt; a balancer in front of the instances would do the same unseen.
  socket.io.on("reconnect_attempt", () => void Reflect.set(socket.io, "uri", pickUrl()));
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect") ledger.complain("other", `${user} was told to stay away`);
  });
  socket.on("connect_error", (error) => {
    if (!socket.active) ledger.complain("other", `${user} was refused: ${error.message}`);
  });
  return socket;
}

/** The `ws` WebSocket below the connection, as far as it is used here. */
interface NodeWebSocket {
  pause?(): void;
  resume?(): void;
  terminate?(): void;
}

function webSocketOf(socket: Socket): NodeWebSocket | undefined {
  return (socket.io.engine?.transport as { ws?: NodeWebSocket } | undefined)?.ws;
}

/** Without the WebSocket's closing handshake, for which a client waits half a minute if the server is gone. */
function endAtOnce(socket: Socket): void {
  const webSocket = webSocketOf(socket);
  socket.disconnect();
  webSocket?.terminate?.();
}
