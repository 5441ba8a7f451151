import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { onEnd } from "../../support/cleanup.js";

interface Stored {
  readonly seq: number;
  readonly id: string;
  readonly body: unknown;
}

/** What a room server does wrong. */
export interface Faults {
  /** Turns the messages of a live event, two each, into those that are sent instead; none at all: the event is lost. */
  readonly live?: (messages: readonly [Stored, Stored]) => readonly Stored[] | undefined;
  /** Stores the message with this number, but ends all connections instead of acknowledging it. */
  readonly breakAt?: number;
}

type Answer = (answer: object) => void;

const EPOCH = "e";
/** Like a sweep: tells everyone where the room is when nothing was published for this time, so that all notice what is missing. */
const TELL_AFTER_MS = 400;

/** A server of durable rooms in memory. It knows what is sent again by its id, as it has to. Returns its URL. */
export async function startRoomServer({ live = (messages) => messages, breakAt }: Faults): Promise<string> {
  const http = createServer();
  const io = new Server(http);
  const logs = new Map<string, Stored[]>();

  function logOf(room: string): Stored[] {
    const log = logs.get(room) ?? [];
    logs.set(room, log);
    return log;
  }

  function tell(room: string, after: number, to: number, messages: readonly Stored[]): void {
    io.to(room).emit("messages", { room, epoch: EPOCH, after, to, messages });
  }

  function publish(
    { room, messages: [message] }: { room: string; messages: [Stored] },
    answer: Answer,
  ): void {
    const log = logOf(room);
    const known = log.find(({ id }) => id === message.id);
    if (known !== undefined) {
      answer({ ok: true, seqs: [known.seq] });
      return;
    }
    timer.refresh();
    log.push({ ...message, seq: log.length + 1 });
    const [last, before] = [log.at(-1), log.at(-2)];
    if (log.length === breakAt) return void io.disconnectSockets(true);
    answer({ ok: true, seqs: [log.length] });
    if (log.length % 2 !== 0 || last === undefined || before === undefined) return;
    const shown = live([before, last]);
    if (shown !== undefined) tell(room, log.length - 2, log.length, shown);
  }

  io.on("connection", (socket: Socket) => {
    socket.on("publish", publish);
    socket.on("subscribe", ({ room, after }: { room: string; after: number }, answer: Answer) => {
      void socket.join(room);
      const log = logOf(room);
      answer({ ok: true, epoch: EPOCH, after, to: log.length, messages: log.slice(after), live: true });
    });
  });
  const timer = setTimeout(() => {
    for (const [room, { length }] of logs) tell(room, length, length, []);
  }, TELL_AFTER_MS);
  onEnd(() => {
    clearTimeout(timer);
    return io.close();
  });
  await once(http.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}
