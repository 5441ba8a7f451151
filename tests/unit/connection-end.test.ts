import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { Connection } from "../../src/engine/realtime/connections/connection.js";
import type { RawConnection } from "../../src/engine/realtime/connections/raw-connection.js";
import { onTestEnd } from "../support/cleanup.js";
import { once } from "../support/wait.js";

const KIB = 1024;

/** Both ends of a WebSocket, of which the server's has been closed, as Engine.IO does before it tells of the end. */
async function closedByServer() {
  const httpServer = createServer();
  const server = new WebSocketServer({ server: httpServer });
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(httpServer.address() as AddressInfo).port}`);
  onTestEnd(() => {
    client.terminate();
    server.close();
    httpServer.close();
  });
  const [[webSocket]] = await Promise.all([
    once(server, "connection") as Promise<[WebSocket]>,
    once(client, "open"),
  ]);
  client.pause(); // does not hear of it yet
  const read = { bytes: 0 };
  for (const event of ["message", "ping"] as const) {
    webSocket.on(event, (data: Buffer) => {
      read.bytes += data.length;
    });
  }
  const raw = { id: "", readyState: "closed", close() {} } as unknown as RawConnection;
  const connection = new Connection(raw, webSocket);
  webSocket.close();
  connection.ended();
  return { client, webSocket, read };
}

test.each(["send", "ping"] as const)(
  "a client that goes on with %s after the end is cut, and hardly read any more",
  async (way) => {
    const { client, webSocket, read } = await closedByServer();
    const cut = once(webSocket, "close");

    const piece = Buffer.alloc(way === "ping" ? 125 : 60 * KIB);
    const goOn = (error?: Error): void => {
      if (error) return;
      if (way === "ping") client.ping(piece, true, goOn);
      else client.send(piece, goOn);
    };
    goOn();
    const [code] = await cut;

    expect(code).toBe(1006);
    expect(read.bytes).toBeLessThan(1200 * KIB);
  },
);

test("a client that says goodbye behind what it had sent is closed in good order", async () => {
  const { client, webSocket, read } = await closedByServer();
  const [ended, closed] = [once(webSocket, "close"), once(client, "close")];

  for (let count = 0; count < 3; count += 1) client.send(Buffer.alloc(60 * KIB));
  client.resume();

  expect((await ended)[0]).toBe(1005);
  expect((await closed)[0]).toBe(1005);
  expect(read.bytes).toBe(3 * 60 * KIB);
});
