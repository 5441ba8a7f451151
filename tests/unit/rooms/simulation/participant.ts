import { createRoomClient, type Message, type Position, type Room } from "../../../../client/room-client.js";
import type { ClientSocket } from "./client-socket.js";
import type { Chance, VirtualTime } from "./virtual-time.js";

/** What a reader got from one start, or reset, to the next. */
export interface Segment {
  /** The log of which it is. */
  readonly epoch: string;
  /** The number behind which it started. */
  readonly after: number;
  liveAt: number | undefined;
  readonly messages: Message[];
}

export interface Publication {
  readonly id: string;
  readonly at: number;
  /** Undefined until it is acknowledged. */
  seq: number | undefined;
  error: unknown;
}

/** A client with the real library, and a record of all that it saw. */
export interface Participant {
  readonly name: string;
  readonly room: string;
  readonly wholeHistory: boolean;
  readonly socket: ClientSocket;
  readonly segments: Segment[];
  readonly publications: Publication[];
  readonly resets: number;
  /** Of the log that it follows. */
  readonly epoch: string | undefined;
  readonly last: number;
  publish(): void;
  close(): void;
}

export function createParticipant(
  deps: { readonly time: VirtualTime; readonly chance: Chance; readonly socket: ClientSocket },
  options: {
    readonly name: string;
    readonly room: string;
    readonly start: { after: number } | { limit: number };
    /** Where it believes to be. */
    readonly position?: Position | undefined;
  },
): Participant {
  const { time, chance, socket } = deps;
  const { name, room, start, position } = options;
  const segments: Segment[] = [];
  const publications: Publication[] = [];
  let current: Segment | undefined;
  let resets = 0;

  socket.onAnswer = (event, answer) => {
    if (event !== "subscribe" || !("after" in answer)) return;
    if (current === undefined) {
      current = {
        epoch: String("epoch" in answer && answer.epoch),
        after: Number(answer.after),
        liveAt: undefined,
        messages: [],
      };
      segments.push(current);
    }
    if ("live" in answer && answer.live === true) current.liveAt ??= time.now;
  };

  const client = createRoomClient(socket.socket, {
    pause: (failures) =>
      new Promise((resume) =>
        time.later(Math.min(5000, 200 * 2 ** failures) * chance.between(0.5, 1.5), resume),
      ),
    maxOutbox: 100_000,
  });
  const handle: Room = client.room(room, {
    start,
    ...(position === undefined ? {} : { position }),
    onMessage: (message) => current?.messages.push(message),
    onReset() {
      current = undefined;
      resets += 1;
    },
  });

  return {
    name,
    room,
    wholeHistory: "after" in start,
    socket,
    segments,
    publications,
    get resets() {
      return resets;
    },
    get epoch() {
      return handle.position()?.epoch;
    },
    get last() {
      return handle.position()?.last ?? 0;
    },
    publish() {
      const n = publications.length + 1;
      const entry: Publication = { id: `${name}-${n}`, at: time.now, seq: undefined, error: undefined };
      publications.push(entry);
      handle.publish({ n }, entry.id).then(
        ({ seq }) => {
          entry.seq = seq;
        },
        (error: unknown) => {
          entry.error = error;
        },
      );
    },
    close: () => client.close(),
  };
}
