import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { onEnd } from "../../support/cleanup.js";
import { eventually } from "../../support/wait.js";
import { call } from "./http-call.js";

/** A TCP connection on which a test decides what goes out and when. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that has arrived. */
  received(): string;
  /** Settles with all that has arrived, once the connection is gone, in whatever way. */
  readonly closed: Promise<string>;
  /** Sends, and returns when the server has certainly read it apart from what follows. */
  sendPacket(data: string | Buffer): Promise<void>;
  /** Waits for an answer that matches. */
  receive(pattern: RegExp, withinMs?: number): Promise<string>;
}

/** Connects to the instance at `url`; with `allowHalfOpen` it goes on when the server has ended. Ends by itself. */
export async function openRaw(
  url: string,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ ...options, host: hostname, port: Number(port), noDelay: true });
  onEnd(() => socket.destroy());
  await once(socket, "connect");
  const chunks: Buffer[] = [];
  const received = () => Buffer.concat(chunks).toString();
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {}); // "close" follows
  const closed = new Promise<string>((resolve) => {
    socket.once("close", () => resolve(received()));
  });

  return {
    socket,
    received,
    closed,
    async sendPacket(data) {
      await new Promise((resolve) => socket.write(data, resolve));
      await eventually(() => expect(unreadOf(socket)).toBe(0));
      await call(`${url}/hello`); // and a process that had just accepted it has got on
    },
    async receive(pattern, withinMs = 5000) {
      await eventually(() => expect(received()).toMatch(pattern), { withinMs });
      return received();
    },
  };
}

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/**
 * Bytes of this connection that the kernel has and no process has read yet. Its other end is told by the ports, as both ends are here. A line
 * of the tables has a number, the local and the remote address, the state, and `tx_queue:rx_queue`, all to the base 16 (man 5 proc, Linux;
 * 0 elsewhere).
 */
function unreadOf({ localPort = 0, remotePort = 0 }: Socket): number {
  const ports = [remotePort, localPort].map((port) => port.toString(16).toUpperCase().padStart(4, "0"));
  const lines = TABLES.filter(existsSync).flatMap((table) => readFileSync(table, "latin1").split("\n"));
  const fields = lines.map((line) => line.trim().split(/ +/));
  const end = fields.find((field) => ports.every((port, index) => field[index + 1]?.endsWith(`:${port}`)));
  return Number.parseInt(end?.[4]?.split(":")[1] ?? "0", 16);
}
