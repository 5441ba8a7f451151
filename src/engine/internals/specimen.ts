import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Server, type Socket } from "socket.io";
import { WebSocketServer } from "ws";

/** Turns of the event loop for a connection to come about; it takes about ten, and nothing that it waits for is outside the process. */
const MAX_TURNS = 500;

const HANDSHAKE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "\r\n",
].join("\r\n");
/** A client's frame with the text `40`: it joins the namespace. Masked with zeros. */
const JOIN = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);

/** Samples of what the measures need, made by the libraries themselves: each probe tries its measure with them. */
export interface Specimen {
  /** A socket whose client has a WebSocket. */
  readonly socket: Socket;
  readonly io: Server;
  /** What the WebSocket writes to. */
  readonly stream: Duplex;
  /** Takes what was written to it since the last call. */
  takeWritten(): Buffer;
  close(): void;
}

/** A connection within this process, over a stream in memory; undefined if the libraries make none. */
export async function createSpecimen(): Promise<Specimen | undefined> {
  const written: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  stream.on("error", () => {});
  const httpServer = createServer();
  const io = new Server(httpServer, { serveClient: false, wsEngine: WebSocketServer });
  let socket: Socket | undefined;
  io.on("connection", (one) => {
    socket = one;
  });

  function takeWritten(): Buffer {
    return Buffer.concat(written.splice(0));
  }

  function close(): void {
    stream.destroy();
    try {
      io.engine.close();
    } catch {
      // A library that differs in this, too: the connection ends with its stream.
    }
  }

  httpServer.emit("connection", stream); // documented for any Duplex
  stream.push(HANDSHAKE);
  let isUpgraded = false;
  for (let turn = 0; turn < MAX_TURNS && socket === undefined; turn += 1) {
    await nextTurn();
    if (isUpgraded || written.length === 0) continue;
    isUpgraded = true;
    stream.push(JOIN);
  }
  // What was sent on joining is written, so that the next packet is not queued.
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  takeWritten();
  if (socket !== undefined) return { socket, io, stream, takeWritten, close };
  close();
  return undefined;
}

/** The version of a package as `from` finds it; undefined if it finds none. */
export function versionOf(name: string, from?: string): string | undefined {
  try {
    const here = createRequire(import.meta.url);
    const require = from === undefined ? here : createRequire(here.resolve(from));
    const { version } = require(`${name}/package.json`) as { readonly version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
