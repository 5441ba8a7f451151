import { once as nodeOnce } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { createRawClient } from "../../tools/loadtest/raw/raw-client.js";
import { onEnd } from "../support/cleanup.js";
import { eventually } from "../support/wait.js";
import { openRawClient } from "./support/open-raw-client.js";
import { serverFrame, startScriptedServer, switching } from "./support/scripted-server.js";

/** A plain Socket.IO server with a fast heartbeat that echoes the arguments of `echo`. */
async function startEcho(): Promise<{ url: string; io: Server; pongs(): number }> {
  const http = createServer();
  const io = new Server(http, { pingInterval: 100, pingTimeout: 10_000 });
  let pongs = 0;
  io.engine.on("connection", (connection) => {
    connection.on("packet", ({ type }: { type: string }) => {
      if (type === "pong") pongs += 1;
    });
  });
  io.on("connection", (socket: Socket) => {
    socket.on("echo", (...args: unknown[]) => {
      const ack = args.pop() as (...answer: unknown[]) => void;
      ack(...args);
      socket.emit("echoed", ...args);
    });
  });
  onEnd(() => io.close());
  await nodeOnce(http.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, io, pongs: () => pongs };
}

describe.each(["websocket", "polling"] as const)("with a stock server over %s", (transport) => {
  test("binary goes there and back as with socket.io-client", async () => {
    const { url } = await startEcho();
    const payload = { text: "ü", parts: [Buffer.from([0, 1, 255]), Buffer.alloc(0), Buffer.from("30")] };
    const { socket } = await connectClientWithoutSession(url);
    const expected = await socket.emitWithAck("echo", payload);
    const client = await openRawClient({ url, transport });

    expect(await client.ask("echo", payload)).toEqual(expected);

    await eventually(() => expect(client.events).toEqual([["echoed", payload]]));
  });

  test("heartbeats keep the connection", async () => {
    const { url, pongs } = await startEcho();
    const client = await openRawClient({ url, transport });

    await eventually(() => expect(pongs()).toBeGreaterThanOrEqual(4));

    expect(client.connected()).toBe(true);
    expect(client.closed).toEqual([]);
  });

  test("the server's questions are answered", async () => {
    const { url, io } = await startEcho();
    const onEvent = (_name: string, args: unknown[], ack?: (...args: unknown[]) => void) => ack?.(...args, 2);
    await openRawClient({ url, transport, onEvent });

    expect(await io.timeout(5000).emitWithAck("question", 1)).toEqual([1]);
  });

  test("a disconnect by the server is told", async () => {
    const { url, io } = await startEcho();
    const client = await openRawClient({ url, transport });

    io.disconnectSockets();

    await eventually(() => expect(client.closed).toEqual(["the server disconnected"]));
  });
});

/** A socket.io-client of a server that tells no session. */
async function connectClientWithoutSession(url: string) {
  const { io } = await import("socket.io-client");
  const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  onEnd(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return { socket };
}

describe("with a server that does what it likes", () => {
  test.each([
    ["a wrong accept key", () => switching("wrong"), "wrong Sec-WebSocket-Accept"],
    ["another status", () => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "HTTP 503"],
    ["an extension", (accept: string) => extended(accept), "an extension nobody asked for"],
    ["no HTTP", () => "SSH-2.0-x\r\n\r\n", "the answer is not HTTP"],
  ])("%s ends the handshake", async (_what, answer, reason) => {
    const { url } = await startScriptedServer(answer);

    await expect(createRawClient({ url }).connect()).rejects.toThrow(reason);
  });

  test("silence ends the handshake after its time", async () => {
    const { url } = await startScriptedServer(switching, []);

    await expect(createRawClient({ url, connectTimeoutMs: 100 }).connect()).rejects.toThrow("within 100 ms");
  });

  test("a missing heartbeat ends the connection", async () => {
    const opening = '0{"sid":"e","pingInterval":300,"pingTimeout":200}';
    const { url } = await startScriptedServer(switching, [opening, '40{"sid":"s"}']);
    const client = await openRawClient({ url });

    await eventually(() => expect(client.closed).toEqual(["ping timeout"]));
  });

  test("an event in single bytes and fragments arrives whole", async () => {
    const server = await startScriptedServer();
    const client = await openRawClient({ url: server.url });
    const parts = [serverFrame(0x01, '42["e","Grü'), serverFrame(0x89, "hi"), serverFrame(0x80, 'ße 🐟"]')];

    for (const byte of Buffer.concat(parts)) server.write(Buffer.from([byte]));

    await eventually(() => expect(client.events).toEqual([["e", "Grüße 🐟"]]));
    await eventually(() => expect(server.received().includes(Buffer.from([0x8a, 0x82]))).toBe(true)); // the pong
  });

  test("an end of the connection fails what waits for an answer", async () => {
    const server = await startScriptedServer();
    const client = await openRawClient({ url: server.url });
    const answer = client.ask("anything", {});
    await eventually(() => expect(server.received().length).toBeGreaterThan(0));

    server.endAll();

    await expect(answer).rejects.toThrow("the connection ended");
    expect(client.closed).toEqual(["the connection ended"]);
  });

  test.each([
    ["the server closed the WebSocket (1001)", serverFrame(0x88, Buffer.from([0x03, 0xe9]))],
    ["the server closed the connection", serverFrame(0x81, "1")],
    ["the server sent a masked frame", Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
    ["the server sent an attachment of nothing", serverFrame(0x82, "x")],
  ])("is told: %s", async (reason, bytes) => {
    const server = await startScriptedServer();
    const client = await openRawClient({ url: server.url });

    server.write(bytes);

    await eventually(() => expect(client.closed).toEqual([reason]));
  });
});

function extended(accept: string): string {
  return switching(accept).replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
}
