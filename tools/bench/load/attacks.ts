import type { Socket } from "node:net";
import { clientFrame, OPCODE } from "../../loadtest/raw/frames.js";
import { createRawClient } from "../../loadtest/raw/raw-client.js";
import { dial } from "../../loadtest/raw/transport.js";

export const FLOODS = [
  "unknown events",
  "relay",
  "publish",
  "subscribes",
  "handshakes",
  "requests",
  "tiny frames",
  "big frames",
] as const;
export type FloodKind = (typeof FLOODS)[number];

/** Where an attack takes place. */
export interface Field {
  readonly url: string;
  readonly over: Promise<void>;
  isOver(): boolean;
  /** What came of something; by default of one. */
  count(isGranted: boolean, times?: number): void;
}

/** One way to flood. */
export interface Attack {
  /** How many of them go on at a time. */
  readonly connections: number;
  /** Floods over one connection, until that is gone or the flood is over. Gives whether the connection was let in. */
  run(field: Field): Promise<boolean>;
}

const ADDRESS = "127.0.2.1";
const AUTH = { user: "attacker" };
const ROOMS = 200;
const BODY = "x".repeat(100);
/** Events and requests of a connection that are not answered yet. */
const OPEN = 256;
const OPEN_REQUESTS = 32;
/** As much as the server takes in one message, nearly. */
const BIG = "x".repeat(60_000);
/** Of Engine.IO: it means nothing and is not answered. */
const NOOP = clientFrame(OPCODE.text, "6");

export const ATTACKS: Readonly<Record<FloodKind, Attack>> = {
  "unknown events": events(() => ["no such event", {}]),
  relay: events(() => ["message", { room: "flood", body: BODY }], "flood"),
  publish: events((n) => {
    const messages = Array.from({ length: 50 }, (_, m) => ({ id: `${process.pid}-${n}-${m}`, body: BODY }));
    return ["publish", { room: `flood-${n % ROOMS}`, messages }];
  }),
  subscribes: events((n) => ["subscribe", { room: `flood-${n % ROOMS}`, limit: 50 }]),
  handshakes: { connections: 64, run: shakeHands },
  requests: { connections: 16, run: request },
  "tiny frames": frames(1000, Buffer.concat(Array<Buffer>(1000).fill(NOOP))),
  "big frames": frames(1, clientFrame(OPCODE.text, `42${JSON.stringify(["no such event", BIG])}`)),
};

/** Keeps so many events on the way; with a room, one that it has joined. */
function events(next: (n: number) => [string, object], room?: string): Attack {
  let sent = 0;
  async function run({ url, over, isOver, count }: Field): Promise<boolean> {
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const client = createRawClient({ url, auth: AUTH, localAddress: ADDRESS, onClose: close });
    const send = (): void => {
      if (isOver() || !client.connected()) return;
      const [event, payload] = next(sent++);
      client.emitWithCallback(event, payload, (_error, [answer]) => {
        count((answer as { ok?: boolean } | undefined)?.ok === true);
        send();
      });
    };
    try {
      await client.connect();
      if (room !== undefined) await client.ask("join", { room });
    } catch {
      count(false);
      return false;
    }
    for (let open = 0; open < OPEN; open += 1) send();
    await Promise.race([closed, over]);
    client.destroy();
    return true;
  }
  return { connections: 4, run };
}

async function shakeHands({ url, count }: Field): Promise<boolean> {
  const client = createRawClient({ url, auth: AUTH, localAddress: ADDRESS });
  const isLetIn = await client.connect().then(
    () => true,
    () => false,
  );
  count(isLetIn);
  client.destroy();
  return isLetIn;
}

/** Keeps so many requests on the way, in a pipeline. */
async function request({ url, over, isOver, count }: Field): Promise<boolean> {
  const one = `GET /hello HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`;
  let answers = 0;
  let tail = "";
  const socket = open(url, (bytes) => {
    const text = tail + bytes.toString("latin1");
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d)\d\d /g)];
    const last = statuses.at(-1);
    tail = text.slice(Math.max(text.length - 12, last === undefined ? 0 : last.index + last[0].length));
    for (const [, first] of statuses) count(first === "2");
    answers += statuses.length;
    if (!isOver()) socket.write(one.repeat(statuses.length));
  });
  socket.write(one.repeat(OPEN_REQUESTS));
  await ended(socket, over);
  return answers > 0;
}

/** Sends as the kernel takes it, and reads nothing of what comes back. */
function frames(each: number, chunk: Buffer): Attack {
  async function run({ url, over, isOver, count }: Field): Promise<boolean> {
    let isOpen = false;
    const send = (): void => {
      if (isOver() || socket.destroyed) return;
      socket.write(chunk, (error) => {
        if (error) return;
        count(true, each);
        send();
      });
    };
    const socket = open(url, (bytes) => {
      if (isOpen) return;
      isOpen = bytes.toString("latin1").startsWith("HTTP/1.1 101 ");
      if (!isOpen) return void socket.destroy();
      socket.write(clientFrame(OPCODE.text, `40${JSON.stringify(AUTH)}`));
      send();
    });
    socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await ended(socket, over);
    if (!isOver()) count(false);
    return isOpen;
  }
  return { connections: 4, run };
}

function open(url: string, onBytes: (bytes: Buffer) => void): Socket {
  const target = { url: new URL(url), address: undefined, localAddress: ADDRESS, path: "/" };
  const socket = dial(target, (data, length) => onBytes(data.subarray(0, length)));
  return socket.on("error", () => {});
}

async function ended(socket: Socket, over: Promise<void>): Promise<void> {
  await Promise.race([new Promise((resolve) => socket.once("close", resolve)), over]);
  socket.destroy();
}
