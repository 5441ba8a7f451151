import { createHash, randomBytes } from "node:crypto";
import { clientFrame, createFrameParser, OPCODE } from "./frames.js";
import { parseHead } from "./http-response.js";
import { dial, GOODBYE_MS, nameOf, type Target, type Transport, type TransportSink } from "./transport.js";

/** From RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const PONG = clientFrame(OPCODE.text, "3");
const GOODBYE = clientFrame(OPCODE.close, Buffer.from([0x03, 0xe8]));

/** Engine.IO over a WebSocket from the start, without an upgrade. Connects at once; offers no compression. */
export function openWebSocket(target: Target, sink: TransportSink): Transport {
  const key = randomBytes(16).toString("base64");
  let head: Buffer | undefined = Buffer.alloc(0);
  let reason: string | undefined;
  let closed = false;
  let goodbye: NodeJS.Timeout | undefined;
  const socket = dial(target, (bytes, length) => {
    if (head === undefined) parser.feed(bytes, length);
    else onHead(Buffer.concat([head, bytes.subarray(0, length)]));
  });
  const parser = createFrameParser({
    onText: sink.onPacket,
    onBinary: sink.onBinary,
    onControl(opcode, payload) {
      if (opcode === OPCODE.ping) socket.write(clientFrame(OPCODE.pong, payload));
      if (opcode !== OPCODE.close) return;
      const code = payload.length >= 2 ? payload.readUInt16BE() : 1005;
      reason ??= `the server closed the WebSocket (${code})`;
      socket.end(GOODBYE);
      endSoon();
    },
    onViolation: (what) => destroy(`the server sent ${what}`),
  });

  function onHead(bytes: Buffer): void {
    head = bytes;
    try {
      const found = parseHead(bytes);
      if (found === undefined) return;
      const accept = createHash("sha1").update(key).update(GUID).digest("base64");
      if (found.status !== 101) throw new Error(`the handshake was answered with HTTP ${found.status}`);
      if (found.headers.get("sec-websocket-accept") !== accept) throw new Error("wrong Sec-WebSocket-Accept");
      if (found.headers.has("sec-websocket-extensions")) throw new Error("an extension nobody asked for");
      head = undefined;
      const rest = bytes.subarray(found.length);
      if (rest.length > 0) parser.feed(rest, rest.length);
    } catch (error) {
      destroy(error instanceof Error ? error.message : String(error));
    }
  }

  function destroy(why: string): void {
    reason ??= why;
    parser.stop();
    socket.destroy();
  }

  function endSoon(): void {
    goodbye ??= setTimeout(() => socket.destroy(), GOODBYE_MS);
  }

  socket.on("error", (error) => {
    reason ??= nameOf(error);
  });
  socket.on("close", () => {
    closed = true;
    parser.stop();
    clearTimeout(goodbye);
    sink.onClose(reason ?? "the connection ended");
  });
  socket.write(handshake(target, key));
  const write = (frame: Buffer) => void (closed || goodbye !== undefined || socket.write(frame));
  return {
    send: (packet) => write(packet === "3" ? PONG : clientFrame(OPCODE.text, packet)),
    sendBinary: (attachment) => write(clientFrame(OPCODE.binary, attachment)),
    sendFrame: write,
    close() {
      if (closed || goodbye !== undefined) return;
      reason ??= "closed by this client";
      socket.write(GOODBYE);
      endSoon();
    },
    destroy,
  };
}

function handshake({ url, path }: Target, key: string): string {
  return [
    `GET ${path}&transport=websocket HTTP/1.1`,
    `Host: ${url.host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "\r\n",
  ].join("\r\n");
}
