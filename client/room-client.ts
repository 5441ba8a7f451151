import { createLane } from "./lane.js";
import { createOutbox } from "./outbox.js";
import type { Answer, Batch, Closed, Link, Message, Position, RoomError, RoomSocket } from "./protocol.js";
import { createRepeater, DEFAULTS, roomError } from "./protocol.js";
import { watchLimits } from "./server-limits.js";
import { type GetToken, type SessionSocket, type SignInOptions, signIn } from "./sign-in.js";

export type { Json, Message, Position, RoomError, RoomSocket } from "./protocol.js";
export type RoomOptions = {
  /** Gets every message once, in the order of seq. Without it the room is only published to. */
  onMessage?: (message: Message) => void;
  /** What was shown is void or has lost its continuation; what follows starts afresh, at `start`. */
  onReset?: (reset: { epoch: string; floor: number; to: number }) => void;
  /** The room is refused for good. */
  onError?: (error: RoomError) => void;
  /** The right to read has ended: no more messages come, publishing goes on. To ask again, close the room and open it. Default: `onError`. */
  onClosed?: (error: RoomError) => void;
  /** Whether all messages up to now are there; after a reconnect they are not, for a while. */
  onLive?: (isLive: boolean) => void;
  /** Goes on from here. */
  position?: Position | undefined;
  /** Without a position: after a number (0 = all there is), or with the last `limit` messages (by default 50). */
  start?: { after: number } | { limit: number };
};
export type Room = ReturnType<typeof openRoom>;
/** Publishes to a room. */
export type Sender = ReturnType<typeof openSender>;

type Options = Partial<typeof DEFAULTS>;
/** With `getToken` the socket is signed in and its token renewed; see `signIn`. */
type Signing = { getToken: GetToken; onRefused?: SignInOptions["onRefused"] };
export type RoomClient = {
  /** Opens a room. @throws {Error} when it is open already. */
  room(name: string, handlers?: RoomOptions): Room;
  /** Publishes to a room that need not be open, in an order of its own. */
  sender(name: string): Sender;
  /** Closes all rooms and senders, and renews no token any more. The socket stays open. */
  close(): void;
};

/** Durable rooms over one socket: what it misses while it is away, or loses on the way, is made up for. */
export function createRoomClient(socket: SessionSocket, options: Options & Signing): RoomClient;
export function createRoomClient(
  socket: RoomSocket,
  options?: Options & { getToken?: undefined },
): RoomClient;
export function createRoomClient(
  socket: RoomSocket | SessionSocket,
  { getToken, onRefused, ...options }: Options & { [Name in keyof Signing]?: Signing[Name] | undefined } = {},
): RoomClient {
  const rooms = new Map<string, Room>();
  const senders = new Set<Sender>();
  const settings = { ...DEFAULTS, ...options };
  const limits = watchLimits(socket, settings.maxBytes);
  const link = { ...settings, socket, lane: createLane(), limits };
  const signOut = getToken && signIn(socket as SessionSocket, { getToken, onRefused, pause: link.pause });
  return {
    room(name, handlers = {}) {
      if (rooms.has(name)) throw new Error(`The room ${name} is open already`);
      const room = openRoom(name, link, handlers, () => rooms.get(name) === room && rooms.delete(name));
      rooms.set(name, room);
      return room;
    },
    sender(name) {
      const sender = openSender(name, link, () => senders.delete(sender));
      senders.add(sender);
      return sender;
    },
    close() {
      for (const one of [...rooms.values(), ...senders]) one.close();
      limits.forget();
      signOut?.();
    },
  };
}

function openSender(room: string, link: Link, forget: () => void) {
  const { publish, giveUp, pump, close } = createOutbox(room, link);
  for (const event of ["connect", "session"]) link.socket.on(event, pump);
  return {
    publish,
    /** Gives up what is not confirmed yet: it rejects with `given_up`, and may be stored even so. */
    giveUp,
    /** Unconfirmed messages reject with `closed`. */
    close(): void {
      for (const event of ["connect", "session"]) link.socket.off(event, pump);
      close();
      forget();
    },
  };
}

function openRoom(room: string, link: Link, handlers: RoomOptions, forget: () => void) {
  const outbox = createOutbox(room, link);
  let from = handlers.position && { epoch: handlers.position.epoch, after: handlers.position.last };
  let state: "behind" | "live" | "deaf" = handlers.onMessage ? "behind" : "deaf";
  const tell = (call: () => void) => void (async () => call())(); // what it throws is unhandled, and the room goes on
  const nextPage = () => state === "behind" && { room, ...(from ?? handlers.start ?? { limit: 50 }) };
  const subscribe = createRepeater(link, "subscribe", nextPage, onPage);
  let wasLive = false;

  function tellLive(): void {
    const isLive = state === "live";
    if (isLive === wasLive) return;
    wasLive = isLive;
    tell(() => handlers.onLive?.(isLive));
  }

  /** A live page has to be done with in the tick of its packet: live events come right behind it. */
  function onPage(answer: Answer): boolean {
    if (state === "deaf") return true;
    const after = from?.after;
    state = answer.ok ? (answer.live ? "live" : "behind") : "deaf";
    if (answer.ok) from = answer.reset ? undefined : (from ?? { epoch: answer.epoch, after: answer.after });
    if (!answer.ok) tell(() => handlers.onError?.(roomError(answer.error.code, answer.error.message)));
    else if (answer.reset) tell(() => handlers.onReset?.(answer));
    else receive({ ...answer, room });
    tellLive();
    return state === "live" || from?.after !== after;
  }

  /** What comes before a page is covered by the page. A gap, or another log, tells that something was missed. */
  function receive(batch: Batch) {
    if (batch.room !== room || !from) return;
    if (batch.epoch !== from.epoch || batch.after > from.after) return resume();
    for (const message of batch.messages) {
      if (state === "deaf" || message.seq <= from.after) continue;
      from.after = message.seq;
      tell(() => handlers.onMessage?.(message));
    }
    if (state !== "deaf") from.after = Math.max(batch.to, from.after);
  }

  /** Whether it may still be read may be unknown: then it asks. */
  function onClosed({ room: name, operation, code }: Closed): void {
    if (name !== room || operation !== "subscribe" || state === "deaf") return;
    if (code === "temporary") {
      resume();
      return;
    }
    state = "deaf";
    const error = roomError(code, "The right to read this room has ended");
    tellLive();
    tell(() => (handlers.onClosed ?? handlers.onError)?.(error));
  }

  function resume(): void {
    if (state === "live") state = "behind";
    tellLive();
    subscribe();
    outbox.pump();
  }

  link.socket.on("messages", receive);
  link.socket.on("room_closed", onClosed);
  link.socket.on("connect", resume);
  link.socket.on("session", outbox.pump);
  resume();
  return {
    /** Resolves once the message is committed. To send a saved one again, give the same id: it is stored once while the room keeps it. */
    publish: outbox.publish,
    position: (): Position | undefined => from && { epoch: from.epoch, last: from.after },
    /** Unconfirmed messages reject with `closed`. */
    close(): void {
      if (state !== "deaf" && link.socket.connected) link.socket.emit("unsubscribe", { room });
      state = "deaf";
      link.socket.off("messages", receive);
      link.socket.off("room_closed", onClosed);
      link.socket.off("connect", resume);
      link.socket.off("session", outbox.pump);
      outbox.close();
      forget();
    },
  };
}
