import { connect, type Socket } from "node:net";
import { onEnd } from "./cleanup.js";
import { deferred, within } from "./wait.js";

export interface RawConnection {
  readonly socket: Socket;
  /** All that came so far, one character per byte. */
  text(): string;
  write(data: string | Uint8Array): void;
  /** What came until `pattern` matches all of it. @throws after `withinMs` (default 5000), and when the other side ends first. */
  read(pattern: RegExp, withinMs?: number): Promise<string>;
  /** All that came before the other side ended or broke the connection. @throws after `withinMs` (default 5000). */
  readToEnd(withinMs?: number): Promise<string>;
}

/** A plain TCP connection to the server of `url`, for what no proper client sends. Ends by itself. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onEnd(() => socket.destroy());
  let received = "";
  const closed = deferred();
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {}); // "close" follows
  socket.on("close", () => closed.resolve());
  const refused = closed.promise.then(() => {
    throw new Error(`no connection to ${url}`);
  });
  const connected = new Promise((resolve) => socket.once("connect", resolve));
  await within(Promise.race([connected, refused]), 5000, `a connection to ${url}`);

  async function read(pattern: RegExp, withinMs = 5000): Promise<string> {
    const found = deferred<string>();
    const look = () => pattern.test(received) && found.resolve(received);
    socket.on("data", look);
    look();
    const ended = closed.promise.then(() => {
      throw new Error(`the connection ended after ${JSON.stringify(received)}`);
    });
    try {
      const first = Promise.race([found.promise, ended]);
      return await within(first, withinMs, `${pattern} after ${JSON.stringify(received.slice(-500))}`);
    } finally {
      socket.off("data", look);
    }
  }

  async function readToEnd(withinMs = 5000): Promise<string> {
    await within(closed.promise, withinMs, "the end of the connection");
    return received;
  }

  return { socket, text: () => received, write: (data) => void socket.write(data), read, readToEnd };
}
