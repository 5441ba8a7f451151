import { createApi } from "../api.js";
import { DEFAULTS, type RoomError } from "../protocol.js";
import { createRoomClient, type RoomOptions } from "../room-client.js";
import { memoryStore } from "../stores/memory.js";
import type { Client, ClientOptions, ClientRoom, Status } from "./client-types.js";
import { createConnection } from "./connection.js";
import { createKeptOutbox } from "./kept-outbox.js";
import { pageAddress } from "./page-events.js";
import { createSignal } from "./signal.js";
import { createWriter } from "./writer.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const CHECK_MS = 4000;

type OpenRoom = { isLive: boolean; error: RoomError | undefined; told: Status; tell(status: Status): void };

/** All that an application needs of the server for one user: a connection, his token, rooms, and an outbox that outlives the program. */
export function createClient(options: ClientOptions): Client {
  const { io, url = "", user, getToken, store = memoryStore(), socketOptions } = options;
  const { checkMs = CHECK_MS, pause = DEFAULTS.pause, ackTimeoutMs = DEFAULTS.ackTimeoutMs } = options;
  const { expiryMs = DAY_MS, maxMessages = 1000, maxBytes = 5_000_000 } = options;
  const rooms = new Set<OpenRoom>();
  const statuses = createSignal<[Status]>();
  let told: Status = "connecting";

  const address = url === "" ? pageAddress() : url.replace(/\/+$/, "");
  const openOutbox = (id: string) => outbox.open(`${address} ${id}`);
  const lookAround = () => {
    outbox.expire();
    void outbox.takeOver();
  };
  const connection = createConnection(
    { io, url, user, getToken, socketOptions, checkMs, pause },
    { user: openOutbox, beforeOpen: lookAround, wake: lookAround, change: tellStatus },
  );
  const library = createRoomClient(connection.gate, { maxOutbox: Infinity, pause, ackTimeoutMs });
  const writer = createWriter(store);
  const outbox = createKeptOutbox(writer, library.sender, { expiryMs, maxMessages, maxBytes });

  function statusOf({ isLive, error }: Pick<OpenRoom, "isLive" | "error">): Status {
    const state = connection.state();
    if (state !== "connected") return state;
    if (error !== undefined) return "unauthorized";
    return isLive ? "live" : "catching-up";
  }

  /** Of all rooms that can be read. */
  function status(): Status {
    const isLive = [...rooms].every((room) => room.isLive || room.error !== undefined);
    return statusOf({ isLive, error: undefined });
  }

  function tellStatus(): void {
    for (const room of rooms) {
      const its = statusOf(room);
      const isNews = its !== room.told;
      room.told = its;
      if (isNews) room.tell(its);
    }
    const now = status();
    const isNews = now !== told;
    told = now;
    if (isNews) statuses.tell(now);
  }

  function openRoom(name: string, handlers: RoomOptions = {}): ClientRoom {
    const { onMessage, onError, onClosed = onError } = handlers;
    const changes = createSignal<[Status]>();
    const room: OpenRoom = { isLive: !onMessage, error: undefined, told: "connecting", tell: changes.tell };
    const refuse = (error: RoomError) => {
      room.error = error;
      tellStatus();
    };
    const reading: RoomOptions = {
      onMessage(message) {
        // One's own, read before its answer has come, or after that was lost.
        if (message.from === connection.user()) outbox.confirm(name, message.id, message.seq);
        onMessage?.(message);
      },
      onLive(isLive) {
        room.isLive = isLive;
        tellStatus();
        handlers.onLive?.(isLive);
      },
      onError(error) {
        refuse(error);
        onError?.(error);
      },
      onClosed(error) {
        refuse(error);
        onClosed?.(error);
      },
    };
    const opened = library.room(name, { ...handlers, ...(onMessage && reading) });
    rooms.add(room);
    room.told = statusOf(room);
    tellStatus();
    return {
      publish: (body, id) => outbox.publish(name, body, id),
      pending: () => outbox.pending(name),
      onPending: (listener) => outbox.onChange((changed) => changed === name && listener()),
      status: () => statusOf(room),
      onStatus: changes.listen,
      position: opened.position,
      close() {
        opened.close();
        rooms.delete(room);
        tellStatus();
      },
    };
  }

  if (user !== undefined) openOutbox(user);
  if (socketOptions?.autoConnect !== false) connection.connect();
  return {
    socket: connection.socket,
    api: createApi({ url, ...(getToken ? { getToken } : user === undefined ? {} : { user }) }),
    outbox: {
      pending: () => outbox.pending(),
      onPending: outbox.onChange,
      onOutcome: outbox.onOutcome,
      resend: outbox.resend,
      discard: outbox.discard,
      written: outbox.written,
      storage: writer.state,
      storageProblem: writer.problem,
      onStorage: writer.onState,
    },
    status,
    onStatus: statuses.listen,
    problem: connection.problem,
    user: connection.user,
    publish: outbox.publish,
    room: openRoom,
    connect: connection.connect,
    wake: connection.wake,
    async close() {
      const written = outbox.close();
      library.close();
      connection.close();
      await written;
    },
  };
}
