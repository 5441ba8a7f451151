import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { createWebSocketEngine } from "../../src/engine/realtime/connections/web-sockets.js";
import { onTestEnd } from "../support/cleanup.js";
import { once } from "../support/wait.js";

const MIB = 2 ** 20;

/** A masked frame without content; `head` is its first byte. */
const empty = (head: number): Buffer => Buffer.from([head, 0x80, 0, 0, 0, 0]);

async function startServer() {
  const httpServer = createServer();
  const Engine = createWebSocketEngine(() => {});
  const server = new Engine({ server: httpServer, maxPayload: 1000 });
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  server.on("connection", (webSocket) => webSocket.on("error", () => {})); // "close" follows
  onTestEnd(() => {
    server.close();
    httpServer.close();
  });
  return { httpServer, server, port: (httpServer.address() as AddressInfo).port };
}

/** A WebSocket of a client that reads nothing and, whatever the server does, leaves its connection open. */
async function openDeaf() {
  const { httpServer, server, port } = await startServer();
  const opened = once(server, "connection") as Promise<[WebSocket]>;
  const accepted = once(httpServer, "connection") as Promise<[Socket]>;
  const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true }).on("error", () => {});
  onTestEnd(() => client.destroy());
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
  client.write(
    `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const [[webSocket], [socket]] = await Promise.all([opened, accepted]);
  return { client, webSocket, socket };
}

test.each([
  ["a message in too many pieces", Buffer.concat([empty(0x01), ...Array<Buffer>(300).fill(empty(0x00))])],
  ["a frame that is none", empty(0xff)],
  ["its goodbye", empty(0x88)],
])("a client that goes on after %s is hardly read any more", async (_what, frames) => {
  const { client, webSocket, socket } = await openDeaf();
  const closed = once(webSocket, "close", 60_000);

  client.write(frames);
  const piece = Buffer.alloc(MIB / 16);
  const goOn = (error?: Error | null): void => {
    if (!error) client.write(piece, goOn);
  };
  goOn();
  await closed;

  expect(socket.bytesRead).toBeLessThan(2 * MIB);
});

test("a client that is silent after its goodbye is waited for", async () => {
  const { client, webSocket } = await openDeaf();
  const closed = once(webSocket, "close");

  client.end(empty(0x88));

  expect((await closed)[0]).toBe(1005);
});

test("a client hears that its message is too large, however large it is", async () => {
  const { port } = await startServer();
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  client.on("error", () => {}); // of the bytes that are not taken
  onTestEnd(() => client.terminate());
  await once(client, "open");

  client.send(Buffer.alloc(32 * MIB));

  expect((await once(client, "close", 60_000))[0]).toBe(1009);
});
