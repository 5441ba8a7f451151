import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { createRoomClient } from "../../../client/index.js";
import { type Gate, openGate } from "./gate.js";

/** How messages reach the readers: by an event to whoever is in the room, or by a durable room and its client library. */
export type Way = "relay" | "durable room";

/** Readers whose connections are cut by turns, while somebody whose connection holds publishes to all of them. */
export interface CutsSpec {
  readonly url: string;
  readonly room: string;
  readonly way: Way;
  readonly readers: number;
  /** Messages per second. */
  readonly rate: number;
  readonly forMs: number;
  readonly cutMs: number;
  /** Time from one cut of a reader to his next one. */
  readonly everyMs: number;
}

/** What came of it, of all readers together. */
export interface CutsResult {
  /** Messages published, times readers. */
  readonly expected: number;
  /** Different messages that arrived. */
  readonly delivered: number;
  readonly repeated: number;
  /** Messages that came after one that was published later. */
  readonly reordered: number;
  readonly cuts: number;
}

/** As long as anything comes, it is waited for; then for so long, which is twice the longest back-off of the clients. */
const QUIET_MS = 10_000;

/** Clients connect as in Socket.IO's documentation, with their back-off as it is by default. */
export async function measureCuts(spec: CutsSpec): Promise<CutsResult> {
  const publisher = connectTo(spec.url, "publisher");
  const readers = await Promise.all(
    Array.from({ length: spec.readers }, (_, index) => openReader(spec, index)),
  );
  const endCuts = startCuts(readers, spec);
  const published = await publish(publisher, spec);
  const cuts = await endCuts();
  await settled(readers, published);
  for (const reader of readers) reader.close();
  publisher.close();
  const sum = (pick: (reader: Reader) => number) => readers.reduce((all, reader) => all + pick(reader), 0);
  return {
    expected: published * readers.length,
    delivered: sum(({ seen }) => seen.size),
    repeated: sum(({ repeated }) => repeated),
    reordered: sum(({ reordered }) => reordered),
    cuts,
  };
}

interface Reader {
  readonly gate: Gate;
  readonly seen: ReadonlySet<number>;
  readonly repeated: number;
  readonly reordered: number;
  close(): void;
}

function connectTo(url: string, user: string): Socket {
  return io(url, { transports: ["websocket"], forceNew: true, auth: { user } });
}

/** Resolves once the reader is in the room. */
async function openReader({ url, room, way }: CutsSpec, index: number): Promise<Reader> {
  const gate = await openGate(url);
  const socket = connectTo(gate.url, `reader-${index}`);
  const seen = new Set<number>();
  const reader = { gate, seen, repeated: 0, reordered: 0, close };
  let newest = 0;

  function take(body: unknown): void {
    const number = Number(body);
    if (seen.has(number)) {
      reader.repeated += 1;
      return;
    }
    if (number < newest) reader.reordered += 1;
    newest = Math.max(newest, number);
    seen.add(number);
  }

  function close(): void {
    socket.close();
    gate.close();
  }

  await (way === "relay" ? joinRelay(socket, room, take) : joinRoom(socket, room, take));
  return reader;
}

/** Joins again with each new session, as applications do. */
async function joinRelay(socket: Socket, room: string, take: (body: unknown) => void): Promise<void> {
  socket.on("message", ({ body }: { readonly body: unknown }) => take(body));
  await new Promise<void>((resolve) => {
    socket.on("connect", () => {
      if (!socket.recovered) socket.emit("join", { room }, () => resolve());
    });
  });
}

async function joinRoom(socket: Socket, room: string, take: (body: unknown) => void): Promise<void> {
  createRoomClient(socket).room(room, { start: { after: 0 }, onMessage: ({ body }) => take(body) });
  await new Promise<void>((resolve) => socket.once("connect", resolve));
}

/** Each reader has his turn, so that there is always somebody who is away. Returns what ends it and tells how many cuts there were. */
function startCuts(readers: readonly Reader[], { cutMs, everyMs }: CutsSpec): () => Promise<number> {
  const end = new AbortController();
  setMaxListeners(readers.length, end.signal);
  let cuts = 0;

  async function cutNowAndThen({ gate }: Reader, firstAfterMs: number): Promise<void> {
    try {
      await pause(firstAfterMs, undefined, end);
      for (;;) {
        gate.cut();
        cuts += 1;
        await pause(cutMs, undefined, end);
        gate.mend();
        await pause(everyMs - cutMs, undefined, end);
      }
    } catch {
      gate.mend(); // the waits end with the cuts
    }
  }
  const cutting = readers.map((reader, index) => cutNowAndThen(reader, (everyMs * index) / readers.length));
  return async () => {
    end.abort();
    await Promise.all(cutting);
    return cuts;
  };
}

/** Publishes at the pace and returns how many messages; each has its number for a body. */
async function publish(publisher: Socket, { room, way, rate, forMs }: CutsSpec): Promise<number> {
  if (way === "relay") await publisher.emitWithAck("join", { room }); // only who is in a room may send to it
  const durable = way === "relay" ? undefined : createRoomClient(publisher).room(room);
  const stored: Promise<unknown>[] = [];
  const startMs = performance.now();
  let number = 0;
  while (performance.now() - startMs < forMs) {
    number += 1;
    if (durable === undefined) publisher.emit("message", { room, body: String(number) });
    else stored.push(durable.publish(String(number)));
    await pause(Math.max(0, startMs + (number * 1000) / rate - performance.now()));
  }
  await Promise.all(stored);
  return number;
}

async function settled(readers: readonly Reader[], published: number): Promise<void> {
  const count = () => readers.reduce((all, { seen }) => all + seen.size, 0);
  let last = count();
  let changedMs = performance.now();
  while (last < published * readers.length && performance.now() - changedMs < QUIET_MS) {
    await pause(50);
    if (count() === last) continue;
    last = count();
    changedMs = performance.now();
  }
}
