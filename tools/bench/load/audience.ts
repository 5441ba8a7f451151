import { createRawClient } from "../../loadtest/raw/raw-client.js";
import { openWebSocket } from "../../loadtest/raw/websocket.js";

/** Clients that receive. */
export interface AudienceSpec {
  readonly url: string;
  readonly protocol: "socket.io" | "websocket";
  /** Path and query of a plain WebSocket. */
  readonly path?: string;
  readonly connections: number;
  /** What every Socket.IO client asks for first; it has to be acknowledged with `{ok: true}`. */
  readonly join?: { readonly event: string; readonly payload: object };
}

/** What the clients have got since they connected. */
export interface Counts {
  /** Bytes of the payloads of all clients. */
  bytes: number;
  /** Clients that are gone. */
  gone: number;
  /** Messages, bytes and number of the newest message of those clients that look into what they get. */
  readonly probes: { messages: number; bytes: number; newest: number }[];
  /** Latencies that they have seen, in milliseconds; whoever reads them may empty them. */
  readonly latenciesMs: number[];
}

export interface Audience {
  readonly connections: number;
  readonly counts: Counts;
  close(): Promise<void>;
}

interface Member {
  close(): Promise<void> | void;
}

/** The clients at the beginning, in the middle and at the end of the room look into their messages; all others count bytes. */
const PROBES = 5;
const AT_A_TIME = 50;
const SOURCE_ADDRESSES = 250;
/** Events that count are called `message` and `messages`. */
const LETTER_M = "m".charCodeAt(0);
const EVENT_NAME_AT = 4;
const BODY = Buffer.from('"body":"');
const STAMP_CHARS = 16;
const NUMBER_CHARS = 9;
const BODY_BYTES = 100;
const FILLING = "x".repeat(BODY_BYTES);

/** A body of 100 bytes that tells its time, in microseconds since 1970, and its number. */
export function bodyOf(number: number): string {
  const time = String(nowMicros()).padStart(STAMP_CHARS, "0");
  return (time + String(number).padStart(NUMBER_CHARS, "0") + FILLING).slice(0, BODY_BYTES);
}

function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** Connects all, some at a time, each from one of many loopback addresses. */
export async function openAudience(spec: AudienceSpec): Promise<Audience> {
  const counts: Counts = { bytes: 0, gone: 0, probes: [], latenciesMs: [] };
  const members: Member[] = [];
  const every = Math.max(1, Math.floor((spec.connections - 1) / (PROBES - 1)));
  let next = 0;
  async function connectSome(): Promise<void> {
    while (next < spec.connections) {
      const index = next;
      next += 1;
      members.push(await connectOne(spec, index, receiver(counts, index % every === 0)));
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, connectSome));
  return {
    connections: spec.connections,
    counts,
    close: async () => void (await Promise.all(members.map((member) => member.close()))),
  };
}

interface Receiver {
  onMessage(bytes: Buffer, start: number, end: number): void;
  onGone(): void;
}

function receiver(counts: Counts, isProbe: boolean): Receiver {
  const onGone = () => {
    counts.gone += 1;
  };
  if (!isProbe) {
    return {
      onMessage(_bytes, start, end) {
        counts.bytes += end - start;
      },
      onGone,
    };
  }
  const probe = { messages: 0, bytes: 0, newest: 0 };
  counts.probes.push(probe);
  return {
    onMessage(bytes, start, end) {
      counts.bytes += end - start;
      probe.bytes += end - start;
      const message = bytes.subarray(start, end);
      for (let at = message.indexOf(BODY); at !== -1; at = message.indexOf(BODY, at + 1)) {
        const from = at + BODY.length;
        const sentMicros = Number(message.toString("latin1", from, from + STAMP_CHARS));
        probe.newest = Number(
          message.toString("latin1", from + STAMP_CHARS, from + STAMP_CHARS + NUMBER_CHARS),
        );
        probe.messages += 1;
        counts.latenciesMs.push((nowMicros() - sentMicros) / 1000);
      }
    },
    onGone,
  };
}

function connectOne(spec: AudienceSpec, index: number, receiver: Receiver): Promise<Member> {
  const localAddress = `127.0.0.${2 + (index % SOURCE_ADDRESSES)}`;
  return spec.protocol === "socket.io"
    ? connectSocketIo(spec, localAddress, receiver)
    : connectWebSocket(spec, localAddress, receiver);
}

async function connectSocketIo(
  { url, join }: AudienceSpec,
  localAddress: string,
  receiver: Receiver,
): Promise<Member> {
  const client = createRawClient({
    url,
    localAddress,
    onMessage(bytes, start, end) {
      if (bytes[start + EVENT_NAME_AT] !== LETTER_M) return false;
      receiver.onMessage(bytes, start, end);
      return true;
    },
    onClose: receiver.onGone,
  });
  await client.connect();
  if (join !== undefined) {
    const answer = await client.ask(join.event, join.payload);
    if ((answer as { ok?: boolean } | undefined)?.ok !== true)
      throw new Error(`${join.event} was refused: ${JSON.stringify(answer)}`);
  }
  return client;
}

/** A plain WebSocket server greets with a message, so that it is known when the client is in. */
function connectWebSocket(
  { url, path = "/" }: AudienceSpec,
  localAddress: string,
  receiver: Receiver,
): Promise<Member> {
  return new Promise((resolve, reject) => {
    let isIn = false;
    const transport = openWebSocket(
      { url: new URL(url), localAddress, path },
      {
        onPacket(bytes, start, end) {
          if (isIn) receiver.onMessage(bytes, start, end);
          isIn = true;
          resolve(transport);
        },
        onBinary() {},
        onClose(reason) {
          receiver.onGone();
          reject(new Error(reason));
        },
      },
    );
  });
}
