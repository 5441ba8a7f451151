import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onEnd } from "../../support/cleanup.js";

export interface ScriptedServer {
  readonly url: string;
  /** What clients sent after their handshakes, all together. */
  received(): Buffer;
  /** To every connection, as it is. */
  write(bytes: Buffer): void;
  /** Ends every connection in good order. */
  endAll(): void;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** A session with a heartbeat that is far away, and the answer of the connect packet, which comes without being asked. */
const GREETING = ['0{"sid":"e","pingInterval":60000,"pingTimeout":60000}', '40{"sid":"s"}'];

/** A WebSocket server that says only what it is told to. `answer` makes the handshake's answer of the right accept key. */
export async function startScriptedServer(
  answer: (accept: string) => string = switching,
  greeting: readonly string[] = GREETING,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let received = Buffer.alloc(0);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // a client may go as it likes
    socket.once("data", (head) => {
      const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(head.toString())?.[1] ?? "";
      socket.write(
        answer(
          createHash("sha1")
            .update(key + GUID)
            .digest("base64"),
        ),
      );
      socket.on("data", (bytes) => {
        received = Buffer.concat([received, bytes]);
      });
      for (const text of greeting) socket.write(serverFrame(0x81, text));
    });
  });
  onEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received: () => received,
    write: (bytes) => sockets.forEach((socket) => void socket.write(bytes)),
    endAll: () => sockets.forEach((socket) => void socket.end()),
  };
}

/** The right answer of a handshake. */
export function switching(accept: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** A frame as servers send it; `first` is its first byte: 0x81 for a whole text. */
export function serverFrame(first: number, payload: string | Buffer): Buffer {
  const data = Buffer.from(payload);
  const { length } = data;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), data]);
  if (length < 65_536) return Buffer.concat([Buffer.from([first, 126, length >> 8, length & 255]), data]);
  const head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, data]);
}
