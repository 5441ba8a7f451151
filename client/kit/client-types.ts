import type { Api } from "../api.js";
import type { Json } from "../contract.js";
import type { Position } from "../protocol.js";
import type { RoomOptions } from "../room-client.js";
import type { GetToken } from "../sign-in.js";
import type { OutboxStore } from "../stores/store.js";
import type { ClientSocket, Io, Problem, SocketSettings } from "./connection.js";
import type { OutboxBounds, Outcome, Pending, Stored } from "./pending.js";
import type { StorageState } from "./writer.js";

/**
 * `connecting`: nothing is known yet, or the connection was just lost. `catching-up`: messages are missing still. `live`: all is there.
 * `offline`: there is no connection; it comes by itself. `unauthorized`: it does not, see `problem`.
 */
export type Status = "connecting" | "catching-up" | "live" | "offline" | "unauthorized";

export type ClientOptions = Partial<OutboxBounds> & {
  /** `io` of socket.io-client. */
  io: Io;
  /** Where the server is. In a browser, "" is where the page is from, and the default. */
  url?: string;
  /**
   * Whom the client is for, as the server knows him. Without it, whom the server takes it for at the first connection: what is unsent from before
   * is then listed from there on only.
   */
  user?: string;
  /** Gives the token to speak with, where the server wants one; see `signIn`. */
  getToken?: GetToken;
  /** Where what is not confirmed is kept: `indexedDbStore()`, `fileStore(directory)`. In memory by default. */
  store?: OutboxStore;
  /** Of socket.io-client. With `autoConnect: false` it connects when `connect()` is called, and not where a page is rendered on a server. */
  socketOptions?: SocketSettings;
  /** How long the answer may take when a client that wakes looks whether its connection is alive: by default 4 s. */
  checkMs?: number;
  /** How long to wait for an answer of a room, and before a repetition. */
  ackTimeoutMs?: number;
  pause?: (failures: number, retryAfterMs?: number) => Promise<void>;
};

/** Ends a subscription. */
type Stop = () => void;

export type ClientRoom = {
  /**
   * Resolves once it is stored. With the id of one that is pending in this room, it is that one; where that has failed, it takes its place. The id of
   * one that is pending in another room rejects with `invalid`.
   */
  publish(body: Json, id?: string): Promise<Stored>;
  /** What is not confirmed, in its order. The same list until something changes. */
  pending(): readonly Pending[];
  onPending(listener: () => void): Stop;
  status(): Status;
  onStatus(listener: (status: Status) => void): Stop;
  position(): Position | undefined;
  /** Reads no more. What is pending is sent even so. */
  close(): void;
};

export type Client = {
  /** The stock socket, with the types of all events. Connecting and closing is the client's. */
  readonly socket: ClientSocket;
  /** The routes, as the same user. */
  readonly api: Api;
  readonly outbox: {
    /** Of all rooms, also of those that are not open. The same list until something changes. */
    pending(): readonly Pending[];
    onPending(listener: (room: string) => void): Stop;
    /** What becomes of each message, also of one from before a reload. */
    onOutcome(listener: (outcome: Outcome) => void): Stop;
    /** Sends one again that has failed or expired. */
    resend(id: string): Promise<Stored>;
    /** Gives one up; if it is on its way, it may be stored even so. */
    discard(id: string): void;
    /** Resolves when what is pending is in the store, or the store has refused it. Without `user` that is after the first connection. */
    written(): Promise<void>;
    /** Whether what is pending outlives the program. */
    storage(): StorageState;
    /** Why it does not, where a store was given. */
    storageProblem(): Error | undefined;
    onStorage(listener: (storage: StorageState, problem: Error | undefined) => void): Stop;
  };
  status(): Status;
  onStatus(listener: (status: Status) => void): Stop;
  /** Why it is `unauthorized`. */
  problem(): Problem | undefined;
  /** Whom it is for; unknown without `user` until the server has said it. */
  user(): string | undefined;
  /** As `room.publish`, to a room that need not be open. */
  publish(room: string, body: Json, id?: string): Promise<Stored>;
  /** Opens a room. @throws {Error} when it is open already. */
  room(name: string, options?: RoomOptions): ClientRoom;
  /** Connects now, also after a refusal. */
  connect(): void;
  /** Looks whether the connection is alive, or makes one now. Browsers do it by themselves; others call it when the device wakes. */
  wake(): void;
  /** Ends all. Open publishes reject with `closed`; what is pending stays in the store, and resolves when it is written. */
  close(): Promise<void>;
};
