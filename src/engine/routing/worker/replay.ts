import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Gives the server a connection of which `bytes`, the beginning of a request, were read already. */
export function replay(httpServer: HttpServer, socket: Socket, bytes: Uint8Array): void {
  socket.unshift(bytes);
  httpServer.emit("connection", socket); // documented for connections from elsewhere
}

/** The header lines (name, value, name, value, ...) of a request as it came. The server keeps all: see `createHttpServer`. */
export type HeaderLines = readonly string[];

/** The head of the request, as bytes, with these header lines; node:http reads and writes them as latin1. */
export function headOf({ method, url, httpVersion }: IncomingMessage, lines: HeaderLines): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < lines.length; at += 2) head += `${lines[at]}: ${lines[at + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}

/** The header lines of a request that asks for an upgrade, without what asks for it. */
export function withoutUpgrade(lines: HeaderLines): string[] {
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const [name = "", value = ""] = [lines[at], lines[at + 1]];
    const lower = name.toLowerCase();
    if (lower === "upgrade" || lower === "http2-settings") continue;
    if (lower !== "connection") {
      kept.push(name, value);
      continue;
    }
    const tokens = value.split(",").map((token) => token.trim());
    const rest = tokens.filter((token) => !["upgrade", "http2-settings"].includes(token.toLowerCase()));
    if (rest.length > 0) kept.push(name, rest.join(", "));
  }
  return kept;
}
