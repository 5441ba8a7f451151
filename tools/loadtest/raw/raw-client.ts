import { createHeartbeat } from "./heartbeat.js";
import { decodePacket, encodeAck, encodeEvent, PACKET, type Packet, withAttachments } from "./packets.js";
import { openPolling } from "./polling.js";
import type { Target, Transport } from "./transport.js";
import { openWebSocket } from "./websocket.js";

/** What a raw client is made of, and whom it tells. */
export interface RawClientOptions {
  /** Origin of the server: `http://host:port` or `https://host`. A path in it is not used. */
  readonly url: string;
  /** Default `websocket`. Neither is ever upgraded to the other. */
  readonly transport?: "websocket" | "polling";
  /** Default `/socket.io/`. */
  readonly path?: string;
  /** Added to the query of every request; `{r: <uuid>}` is what load balancers keep a polling client by. */
  readonly query?: Readonly<Record<string, string>>;
  /** Goes into the connect packet; Shoal knows `{user}`. */
  readonly auth?: Readonly<Record<string, unknown>>;
  /** Address to connect to instead of the name in `url`. */
  readonly address?: string | undefined;
  /** Address to connect from: on loopback, every one out of 127.0.0.0/8 has some 28,000 ports of its own. */
  readonly localAddress?: string | undefined;
  /** Longest time from the start to the answer of the connect packet; default 20000. */
  readonly connectTimeoutMs?: number;
  /**
   * Sees every Engine.IO message first, as it came: bytes [start, end), valid during the call only, such as
   * `42["message",...]`. True means that it is dealt with and is not parsed: what a counting receiver costs is up to this.
   */
  readonly onMessage?: (bytes: Buffer, start: number, end: number) => boolean;
  /** An event, with its attachments in place. `ack` is there if the server asked for an acknowledgement. */
  readonly onEvent?: (name: string, args: unknown[], ack?: (...args: unknown[]) => void) => void;
  /** Once, after `connect` had succeeded: `ping timeout`, `the server disconnected`, a code such as ECONNRESET. */
  readonly onClose?: (reason: string) => void;
}

/** Gets the arguments of an acknowledgement, or an error when the connection ended before it came. */
export type OnAck = (error: Error | undefined, args: readonly unknown[]) => void;

/** One connection of the Socket.IO protocol to the main namespace. It never reconnects. */
export interface RawClient {
  /** Resolves with the Socket.IO session id. Call it once. @throws why there is no connection. */
  connect(): Promise<string>;
  connected(): boolean;
  emit(event: string, ...args: unknown[]): void;
  /** Emits and calls back once: with the acknowledgement, or when the connection is gone. There is no time limit. */
  emitWithCallback(event: string, payload: unknown, onAck: OnAck): void;
  /** The first argument of the acknowledgement. @throws after `timeoutMs` (default 20000), and when the connection is gone. */
  ask(event: string, payload: unknown, timeoutMs?: number): Promise<unknown>;
  /** Sends a prepared WebSocket frame: `clientFrame(OPCODE.text, '42["message",...]')`. @throws when polling. */
  sendFrame(frame: Buffer): void;
  /** Says goodbye; resolves when the connection is gone. Idempotent. */
  close(): Promise<void>;
  /** Ends the connection without a word, as a crash does. */
  destroy(): void;
}

const DIGIT_0 = 48;

/**
 * A client of Socket.IO (Engine.IO 4, Socket.IO 5) made for load: raw frames over a socket, no upgrade, no compression, no
 * reconnection, and a way past all parsing for those who only count. Nothing happens before `connect`.
 */
export function createRawClient(options: RawClientOptions): RawClient {
  const acks = new Map<number, OnAck>();
  const heartbeat = createHeartbeat(() => transport?.destroy("ping timeout"));
  let transport: Transport | undefined;
  let nextId = 0;
  let joined = false;
  let incomplete: { packet: Packet; attachments: Buffer[] } | undefined;
  let settle: { resolve(sid: string): void; reject(error: Error): void } | undefined;
  let onGone: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    onGone = resolve;
  });

  function onPacket(bytes: Buffer, start: number, end: number): void {
    const type = (bytes[start] ?? 0) - DIGIT_0;
    if (type === 4) {
      if (joined && options.onMessage?.(bytes, start, end)) return;
      onSocketPacket(bytes.toString("utf8", start + 1, end));
    } else if (type === 2) {
      heartbeat.beat();
      transport?.send("3");
    } else if (type === 0) {
      heartbeat.start(JSON.parse(bytes.toString("utf8", start + 1, end)));
      transport?.send(`40${options.auth === undefined ? "" : JSON.stringify(options.auth)}`);
    } else if (type === 1) {
      transport?.destroy("the server closed the connection");
    }
  }

  function onSocketPacket(text: string): void {
    try {
      const packet = decodePacket(text);
      if (packet === undefined) return;
      if (packet.attachments > 0) incomplete = { packet, attachments: [] };
      else handle(packet);
    } catch (error) {
      transport?.destroy(`the server sent what is no packet (${error})`);
    }
  }

  function onBinary(bytes: Buffer, start: number, end: number): void {
    if (incomplete === undefined) {
      transport?.destroy("the server sent an attachment of nothing");
      return;
    }
    const { packet, attachments } = incomplete;
    attachments.push(Buffer.from(bytes.subarray(start, end)));
    if (attachments.length < packet.attachments) return;
    incomplete = undefined;
    handle({ ...packet, data: withAttachments(packet.data, attachments) });
  }

  function handle({ type, id, data }: Packet): void {
    const args = Array.isArray(data) ? data : [];
    if (type === PACKET.event || type === PACKET.binaryEvent) {
      const ack = id === undefined ? undefined : (...answer: unknown[]) => send(encodeAck(answer, id));
      options.onEvent?.(String(args[0]), args.slice(1), ack);
    } else if (type === PACKET.ack || type === PACKET.binaryAck) {
      const onAck = acks.get(id ?? -1);
      acks.delete(id ?? -1);
      onAck?.(undefined, args);
    } else if (type === PACKET.connect) {
      joined = true;
      settle?.resolve((data as { sid: string }).sid);
    } else if (type === PACKET.connectError) {
      transport?.destroy(`refused: ${(data as { message?: string }).message ?? ""}`);
    } else if (type === PACKET.disconnect) {
      transport?.destroy("the server disconnected");
    }
  }

  function send({ text, binary }: { text: string; binary: readonly Buffer[] }): void {
    transport?.send(text);
    for (const attachment of binary) transport?.sendBinary(attachment);
  }

  function onClose(reason: string): void {
    heartbeat.stop();
    const wasJoined = joined;
    joined = false;
    settle?.reject(new Error(reason));
    for (const onAck of acks.values()) onAck(new Error(reason), []);
    acks.clear();
    onGone();
    if (wasJoined) options.onClose?.(reason);
  }

  function emitWithCallback(event: string, payload: unknown, onAck: OnAck): void {
    if (joined) {
      acks.set(nextId, onAck);
      send(encodeEvent([event, payload], nextId++));
    } else {
      onAck(new Error("not connected"), []);
    }
  }

  return {
    async connect() {
      const { connectTimeoutMs = 20_000 } = options;
      const timer = setTimeout(
        () => transport?.destroy(`no connection within ${connectTimeoutMs} ms`),
        connectTimeoutMs,
      );
      const open = options.transport === "polling" ? openPolling : openWebSocket;
      try {
        return await new Promise<string>((resolve, reject) => {
          settle = { resolve, reject };
          transport = open(targetOf(options), { onPacket, onBinary, onClose });
        });
      } finally {
        clearTimeout(timer);
      }
    },
    connected: () => joined,
    emit: (event, ...args) => send(encodeEvent([event, ...args])),
    emitWithCallback,
    ask(event, payload, timeoutMs = 20_000) {
      return new Promise((resolve, reject) => {
        const late = () => reject(new Error(`no acknowledgement within ${timeoutMs} ms`));
        const timer = setTimeout(late, timeoutMs);
        emitWithCallback(event, payload, (error, [answer]) => {
          clearTimeout(timer);
          if (error) reject(error);
          else resolve(answer);
        });
      });
    },
    sendFrame: (frame) => transport?.sendFrame(frame),
    async close() {
      if (transport === undefined) return;
      if (joined) transport.send("41");
      transport.close();
      await gone;
    },
    destroy: () => transport?.destroy("closed by this client"),
  };
}

function targetOf({
  url,
  path = "/socket.io/",
  query = {},
  address,
  localAddress,
}: RawClientOptions): Target {
  const search = new URLSearchParams({ ...query, EIO: "4" });
  return { url: new URL(url), address, localAddress, path: `${path}?${search}` };
}
