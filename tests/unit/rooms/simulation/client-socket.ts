import type { RoomSocket } from "../../../../client/room-client.js";
import type { Chance, VirtualTime } from "./virtual-time.js";
import type { ServerSocket, Worker } from "./worker.js";

type Handler = (payload: never) => void;
type Ack = (error: Error | null, answer?: object) => void;

/** A client's socket with the network in between: ordered per connection, as TCP is, and cut at any moment. */
export interface ClientSocket {
  /** What the client library gets. */
  readonly socket: RoomSocket;
  connect(): void;
  /** Cuts the connection; the worker notices up to `noticedMs` later. Reconnects by itself unless told not to. */
  cut(options?: { readonly noticedMs?: number; readonly stay?: boolean }): void;
  readonly worker: Worker | undefined;
  /** Answers of the server to this client, as they arrive. */
  onAnswer: (event: string, answer: object) => void;
}

interface Connection {
  readonly worker: Worker;
  readonly server: ServerSocket;
  /** Last arrival in each direction. */
  up: number;
  down: number;
}

export function createClientSocket(deps: {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly user: string;
  readonly chooseWorker: () => Worker | undefined;
}): ClientSocket {
  const { time, chance, user, chooseWorker } = deps;
  const handlers = new Map<string, Set<Handler>>();
  const acks = new Set<Ack>();
  let connection: Connection | undefined;

  function fire(event: string, payload?: object): void {
    for (const handler of [...(handlers.get(event) ?? [])]) handler(payload as never);
  }

  /** Delivers in order what one side sends to the other. */
  function travel(on: Connection, way: "up" | "down", arrive: () => void): void {
    on[way] = Math.max(on[way] + 0.001, time.now + chance.between(0.5, 20));
    time.later(on[way] - time.now, arrive);
  }

  function request(event: string, payload: object, ack: Ack | undefined): void {
    const on = connection;
    if (on === undefined) return;
    travel(on, "up", () =>
      on.worker.clock.enter(() => {
        if (!on.server.connected) return;
        on.worker.handle(on.server, { event, payload }, (answer) =>
          travel(on, "down", () => {
            if (connection !== on || ack === undefined || !acks.delete(ack)) return;
            self.onAnswer(event, answer);
            ack(null, answer);
          }),
        );
      }),
    );
  }

  function connect(): void {
    const worker = chooseWorker();
    if (connection !== undefined) return;
    if (worker === undefined) {
      time.later(500, connect);
      return;
    }
    const server: ServerSocket = {
      user,
      connected: true,
      rooms: new Set(),
      send: (event, payload) =>
        travel(on, "down", () => {
          if (connection === on) fire(event, payload);
        }),
    };
    const on: Connection = { worker, server, up: 0, down: 0 };
    connection = on;
    worker.accept(server);
    fire("connect");
  }

  const stock = {
    get connected() {
      return connection !== undefined;
    },
    on(event: string, handler: Handler) {
      handlers.set(event, (handlers.get(event) ?? new Set()).add(handler));
      return stock;
    },
    off(event: string, handler: Handler) {
      handlers.get(event)?.delete(handler);
      return stock;
    },
    emit(event: string, payload: object) {
      request(event, payload, undefined);
      return stock;
    },
    timeout: (ms: number) => ({
      emit(event: string, payload: object, ack: Ack) {
        acks.add(ack);
        time.later(ms, () => {
          if (acks.delete(ack)) ack(new Error("operation has timed out"));
        });
        request(event, payload, ack);
      },
    }),
  };

  const self: ClientSocket = {
    // Only what `RoomSocket` picks is there; its types come from the real one, with overloads nobody needs here.
    socket: stock as unknown as RoomSocket,
    connect,
    cut({ noticedMs = 0, stay = false } = {}) {
      const on = connection;
      if (on === undefined) return;
      connection = undefined;
      time.later(noticedMs, () => on.worker.clock.enter(() => on.worker.drop(on.server)));
      fire("disconnect");
      for (const ack of [...acks]) {
        acks.delete(ack);
        ack(new Error("socket has been disconnected"));
      }
      if (!stay) time.later(chance.between(30, 1500), connect);
    },
    get worker() {
      return connection?.worker;
    },
    onAnswer: () => {},
  };
  return self;
}
