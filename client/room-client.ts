import { createOutbox } from "./outbox.js";
import {
  type Answer,
  type Batch,
  DEFAULTS,
  type Link,
  type Message,
  type Position,
  type RoomError,
  type RoomSocket,
  roomError,
  type Success,
} from "./protocol.js";

export type { Json, Message, Position, RoomError, RoomSocket } from "./protocol.js";
export type RoomOptions = {
  /** Gets every message once, in the order of seq. Without it the room is only published to. */
  onMessage?: (message: Message) => void;
  /** What was shown is void or has lost its continuation; what follows starts afresh, at `start`. */
  onReset?: (reset: { epoch: string; floor: number; to: number }) => void;
  /** The room is refused for good. */
  onError?: (error: RoomError) => void;
  /** Goes on from here. */
  position?: Position | undefined;
  /** Without a position: after a number (0 = all there is), or with the last `limit` messages (by default 50). */
  start?: { after: number } | { limit: number };
};
export type Room = Pick<ReturnType<typeof openRoom>, "publish" | "position" | "close">;

/** Refusals that no repetition changes. */
const PERMANENT = /^(invalid|too_large|forbidden|denied)$/;

/** Durable rooms over one socket: what it misses while it is away, or loses on the way, is made up for. */
export function createRoomClient(socket: RoomSocket, options: Partial<typeof DEFAULTS> = {}) {
  const settings = { ...DEFAULTS, ...options };
  const rooms = new Map<string, ReturnType<typeof openRoom>>();
  const ask: Link["ask"] = (event, payload, handle) => {
    socket.timeout(settings.ackTimeoutMs).emit(event, payload, (failed: unknown, answer: Answer) => {
      if (failed || !(answer.ok || PERMANENT.test(answer.error.code))) handle();
      else if (answer.ok) handle(answer);
      else handle(undefined, roomError(answer.error.code, answer.error.message));
    });
  };
  const onMessages = (batch: Batch) => rooms.get(batch.room)?.receive(batch);
  const onConnect = () => rooms.forEach((room) => void room.resume());
  socket.on("messages", onMessages);
  socket.on("connect", onConnect);
  return {
    /** Opens a room. @throws {Error} when it is open already. */
    room(name: string, handlers: RoomOptions = {}): Room {
      if (rooms.has(name)) throw new Error(`The room ${name} is open already`);
      const room = openRoom(name, { ...settings, socket, ask }, handlers, () => rooms.delete(name));
      rooms.set(name, room);
      room.resume();
      return room;
    },
    /** Closes all rooms. The socket stays open. */
    close(): void {
      socket.off("messages", onMessages);
      socket.off("connect", onConnect);
      for (const room of rooms.values()) room.close();
    },
  };
}

function openRoom(name: string, link: Link, handlers: RoomOptions, forget: () => void) {
  const outbox = createOutbox(name, link);
  let position = handlers.position;
  let busy = false;
  let failures = 0;
  let deaf = handlers.onMessage === undefined;

  function subscribe(): void {
    if (busy || deaf || !link.socket.connected) return;
    busy = true;
    const { start = { limit: 50 } } = handlers;
    const from = position ? { after: position.last, epoch: position.epoch } : start;
    link.ask("subscribe", { room: name, ...from }, onAnswer);
  }

  /** A live page has to be done with in the tick of its packet: live events come right behind it. */
  async function onAnswer(page?: Success, refusal?: RoomError): Promise<void> {
    if (refusal && !deaf) handlers.onError?.(refusal);
    deaf ||= refusal !== undefined;
    const last = position?.last;
    if (page && !deaf) {
      position = page.reset ? undefined : (position ?? { epoch: page.epoch, last: page.after });
      if (page.reset) handlers.onReset?.(page);
      else deliver(page);
      failures = 0;
    }
    if (!page || (!page.live && page.to === last)) await link.pause(failures++);
    busy = false;
    if (!page?.live) subscribe();
  }

  function deliver({ messages, to }: Batch): void {
    for (const message of messages) {
      if (deaf || !position || message.seq <= position.last) continue;
      position = { ...position, last: message.seq };
      try {
        handlers.onMessage?.(message);
      } catch (error) {
        queueMicrotask(() => Promise.reject(error)); // reported as unhandled; the next message still comes
      }
    }
    if (position && !deaf) position = { ...position, last: Math.max(to, position.last) };
  }

  return {
    /** Resolves once the message is committed. To send a saved one again, give the same id. */
    publish: outbox.publish,
    position: () => position && { ...position },
    /** Unconfirmed messages reject with `closed`. */
    close(): void {
      if (!deaf && link.socket.connected) link.socket.emit("unsubscribe", { room: name });
      deaf = true;
      forget();
      outbox.close();
    },
    resume(): void {
      subscribe();
      outbox.pump();
    },
    /** A gap, or another log, tells that something was missed. What comes before a page is covered by the page. */
    receive(batch: Batch): void {
      if (!position) return;
      if (batch.epoch !== position.epoch || batch.after > position.last) subscribe();
      else deliver(batch);
    },
  };
}
