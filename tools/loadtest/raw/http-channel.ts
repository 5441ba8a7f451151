import type { Socket } from "node:net";
import { parseResponse, type Response } from "./http-response.js";
import { dial, nameOf, type Target } from "./transport.js";

/** One HTTP/1.1 request at a time, over a connection that is kept as long as the server keeps it. */
export interface HttpChannel {
  /** @throws when there is no whole answer. */
  request(method: "GET" | "POST", path: string, body?: string): Promise<Response>;
  /** Ends the connection and with it the request that is under way. */
  destroy(): void;
}

/** Servers close idle connections after some seconds (Node after five), which may cross with a request. */
const IDLE_LIMIT_MS = 2000;

interface Pending {
  resolve(response: Response): void;
  reject(error: Error): void;
}

/** A channel that connects with its first request. */
export function createHttpChannel(target: Target): HttpChannel {
  let socket: Socket | undefined;
  let idleSince = 0;
  let received = Buffer.alloc(0);
  let pending: Pending | undefined;

  function drop(): void {
    socket?.destroy();
    socket = undefined;
  }

  function finish(settle: (waiting: Pending) => void): void {
    const waiting = pending;
    pending = undefined;
    received = Buffer.alloc(0);
    idleSince = performance.now();
    if (waiting !== undefined) settle(waiting);
  }

  function look(ended: boolean): void {
    try {
      const response = parseResponse(received, ended);
      if (response === undefined) return;
      if (!response.keepAlive) drop();
      finish(({ resolve }) => resolve(response));
    } catch (error) {
      drop();
      finish(({ reject }) => reject(error instanceof Error ? error : new Error(String(error))));
    }
  }

  function open(): Socket {
    let reason = "the connection ended before the answer";
    const opened = dial(target, (bytes, length) => {
      if (socket !== opened || pending === undefined) return;
      received = Buffer.concat([received, bytes.subarray(0, length)]);
      look(false);
    });
    opened.on("error", (error) => {
      reason = nameOf(error);
    });
    opened.on("close", () => {
      if (socket !== opened) return;
      socket = undefined;
      if (pending !== undefined && received.length > 0) look(true);
      finish(({ reject }) => reject(new Error(reason)));
    });
    return opened;
  }

  return {
    request(method, path, body) {
      if (pending !== undefined) throw new Error("one request at a time");
      if (performance.now() - idleSince > IDLE_LIMIT_MS) drop();
      socket ??= open();
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket?.write(rendered(target, method, path, body));
      });
    },
    destroy() {
      drop();
      finish(({ reject }) => reject(new Error("closed by this client")));
    },
  };
}

function rendered({ url }: Target, method: string, path: string, body: string | undefined): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${url.host}`, "Accept: */*"];
  if (body !== undefined) {
    lines.push("Content-Type: text/plain;charset=UTF-8", `Content-Length: ${Buffer.byteLength(body)}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}
