import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createHttpServer } from "../../src/engine/http/server.js";
import { createRelayProof } from "../../src/engine/routing/worker/relay-proof.js";
import { openTunnel } from "../../src/engine/routing/worker/tunnel.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectTo } from "../support/server-and-client.js";
import { within } from "../support/wait.js";

const UPGRADE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
  ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
].join("\r\n");

/** All that a client gets whose upgrade goes through a tunnel to `upstream`; `opened` is given what ends the tunnel. */
async function ask(
  upstream: Server,
  silenceMs: number,
  opened = (_end: () => void): void => {},
): Promise<string> {
  await once(upstream.listen(0, "127.0.0.1"), "listening");
  onTestEnd(() => void upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const httpServer = createHttpServer(() => {});
  httpServer.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const destination = {
      address: { host: "127.0.0.1", port },
      onReached() {},
      onUnreachable() {},
      onRefused() {},
      agentFor: () => undefined as never,
    };
    const errand = {
      ...{ destination, sessionId: "s", silenceMs },
      proof: createRelayProof("AAAAAAAA", [""]),
      handleHere: () => void socket.destroy(),
    };
    opened(openTunnel({ request, socket, head }, errand));
  });
  const client = await connectTo(httpServer);
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  const closed = once(client, "close");
  client.write(UPGRADE);
  await within(closed, 20_000, "the end of the connection");
  return received;
}

test("an upgrade gets 502 from a tunnel whose other end closes without an answer", async () => {
  expect(
    await ask(
      createServer((socket) => socket.once("data", () => socket.end())),
      60_000,
    ),
  ).toMatch(/^HTTP\/1\.1 502 /);
});

test("an upgrade gets 504 from a tunnel whose other end is silent", async () => {
  const sockets: Socket[] = [];
  onTestEnd(() => {
    for (const socket of sockets) socket.destroy();
  });
  expect(
    await ask(
      createServer((socket) => void sockets.push(socket)),
      100,
    ),
  ).toMatch(/^HTTP\/1\.1 504 /);
});

test("what the other end says before it closes arrives, and nothing else", async () => {
  const upstream = createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 No\r\n\r\n")));
  expect(await ask(upstream, 60_000)).toBe("HTTP/1.1 400 No\r\n\r\n");
});

test.each([
  ["before it has a connection", false],
  ["while its other end is silent", true],
])("an upgrade gets 504 from a tunnel that is ended %s", async (_when, isConnected) => {
  let end = (): void => {};
  const upstream = createServer((socket) => {
    onTestEnd(() => void socket.destroy());
    socket.once("data", () => end());
  });
  const answer = await ask(upstream, 60_000, (ending) => {
    end = ending;
    if (!isConnected) end();
  });
  expect(answer).toMatch(/^HTTP\/1\.1 504 /);
});
