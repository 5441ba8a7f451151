import { createServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import type { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { readConfig } from "../../src/engine/config/config.js";
import { createHeldBodies } from "../../src/engine/http/held-bodies.js";
import { createInFlight } from "../../src/engine/http/in-flight.js";
import { createOriginCheck } from "../../src/engine/http/origin.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createConnections } from "../../src/engine/realtime/connections/connections.js";
import { installPollingRequests } from "../../src/engine/realtime/connections/polling-requests.js";
import { createIo } from "../../src/engine/realtime/io.js";
import { createSlowClientGuard } from "../../src/engine/realtime/slow-clients.js";
import { onTestEnd } from "../support/cleanup.js";
import { openEngineClient, openPollingSession } from "../support/engine-client.js";
import { ALL_MEASURES, NO_MEASURES } from "../support/internals.js";
import { createLineLog } from "../support/line-log.js";
import { openRaw } from "../support/raw-tcp.js";
import { eventually, once } from "../support/wait.js";

const LIMITS = { packets: 1000, bytes: 8 * 1024 * 1024 };
const TEXT = "x".repeat(65_536);

/** A client of a server with the guard, and both ends of it. */
async function join(transport: "websocket" | "polling", internals = ALL_MEASURES) {
  const config = readConfig({ NODE_ENV: "test" });
  const connections = createConnections();
  const io = createIo(config, createOriginCheck(config), connections.onWebSocket);
  const httpServer = createServer();
  const lines = createLineLog();
  const log = createLogger("debug", { write: (text) => lines.feed("stdout", text) });
  const slowClient = jest.fn();
  const guard = createSlowClientGuard(connections, LIMITS, { slowClient }, internals, log);
  io.attach(httpServer);
  connections.install(io);
  installPollingRequests(io, connections, {
    inFlight: createInFlight(),
    bodies: createHeldBodies(Number.MAX_SAFE_INTEGER, () => {}),
    addressOf: () => "203.0.113.7",
  });
  await guard.start();
  const listening = once(httpServer, "listening");
  httpServer.listen(0, "127.0.0.1");
  await listening;
  onTestEnd(async () => {
    await guard.stop();
    await io.close();
  });
  const { port } = httpServer.address() as AddressInfo;
  const socket = connect(`http://127.0.0.1:${port}`, { transports: [transport], reconnection: false });
  onTestEnd(() => void socket.disconnect());
  await once(socket, "connect");
  const [server] = [...(io as unknown as Server).sockets.sockets.values()];
  if (server === undefined) throw new Error("not connected");
  return { socket, server, lines, slowClient, url: `http://127.0.0.1:${port}`, engine: io.engine };
}

/** A connection as Engine.IO tells of it. */
interface Outsider {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly writable: boolean };
  send(text: string): void;
}

type WithWebSocket = { readonly ws: { readonly _socket: NetSocket; terminate(): void } };

test("what Engine.IO holds back for a client that does not read counts, not only what waits below it", async () => {
  const { socket, server, lines, slowClient } = await join("websocket");
  const { ws } = socket.io.engine.transport as unknown as WithWebSocket;
  onTestEnd(() => ws.terminate()); // it would wait half a minute for an answer that it does not read
  ws._socket.pause();
  // Until the kernel has taken all that it takes.
  await eventually(
    () => {
      const isFull = !server.conn.transport.writable;
      for (let sent = 0; sent < 10 && !isFull; sent += 1) server.emit("filler", TEXT);
      expect(isFull).toBe(true);
    },
    { withinMs: 20_000 },
  );
  expect(slowClient).not.toHaveBeenCalled();
  for (let sent = 0; sent < 150; sent += 1) server.emit("held", TEXT);

  await once(server, "disconnect");
  expect(slowClient).toHaveBeenCalledTimes(1);
  const [line] = lines.lines;
  expect(line?.fields).toMatchObject({ level: "warn", msg: "client does not read: connection closed" });
  expect(line?.fields.packets).toBeLessThan(LIMITS.packets);
  expect(line?.fields.bytes).toBeGreaterThan(LIMITS.bytes);
});

test("a connection that has joined nothing counts as well", async () => {
  const { url, engine, slowClient } = await join("websocket");
  const connected = once<[Outsider]>(engine, "connection");
  const client = await openEngineClient(url);
  const [raw] = await connected;
  client.webSocket.pause();
  await eventually(() => {
    raw.send(TEXT.repeat(10));
    expect(slowClient).toHaveBeenCalled();
  });
  await eventually(() => expect(raw.readyState).toBe("closed"));
});

test("an answer to a poll counts that the client does not read, though Engine.IO takes it for sent", async () => {
  const { url, engine, slowClient } = await join("websocket");
  const connected = once<[Outsider]>(engine, "connection");
  const sid = await openPollingSession(url);
  const [raw] = await connected;
  const connection = await openRaw(url);
  connection.socket.pause();
  connection.write(`GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await eventually(() => expect(raw.transport.writable).toBe(true));

  raw.send(TEXT.repeat(1200)); // more than any kernel takes

  expect(raw.writeBuffer).toHaveLength(0);
  await eventually(() => expect(raw.readyState).toBe("closed"));
  expect(slowClient).toHaveBeenCalledTimes(1);
});

test("a client that reads everything between two looks is left alone, however many packets wait for it then", async () => {
  const { socket, server, slowClient } = await join("polling");
  let received = 0;
  socket.on("held", () => {
    received += 1;
  });
  const end = performance.now() + 2500;
  let sent = 0;
  while (performance.now() < end) {
    for (let count = 0; count < 2 * LIMITS.packets; count += 1) server.emit("held", "x");
    sent += 2 * LIMITS.packets;
    await eventually(() => expect(received).toBe(sent));
  }
  expect(slowClient).not.toHaveBeenCalled();
});

test("a client that takes nothing of too many packets for a second is closed", async () => {
  const { url, engine, slowClient } = await join("websocket");
  const connected = once<[Outsider]>(engine, "connection");
  await openPollingSession(url);
  const [raw] = await connected;
  for (let count = 0; count < 2 * LIMITS.packets; count += 1) raw.send("x");
  await eventually(() => expect(raw.readyState).toBe("closed"));
  expect(slowClient).toHaveBeenCalledTimes(1);
});

test("a client that reads is left alone, however much it gets", async () => {
  const { socket, server, slowClient } = await join("polling");
  let received = 0;
  socket.on("held", () => {
    received += 1;
  });
  for (let sent = 0; sent < 300; sent += 1) {
    server.emit("held", TEXT);
    if (sent % 20 === 19) await eventually(() => expect(received).toBe(sent + 1));
  }
  expect(slowClient).not.toHaveBeenCalled();
  expect(server.connected).toBe(true);
});

test("without a look at Engine.IO's queue, what was written counts, and what is queued does not", async () => {
  const { socket, server, slowClient } = await join("websocket", NO_MEASURES);
  const { ws } = socket.io.engine.transport as unknown as WithWebSocket;
  onTestEnd(() => ws.terminate());
  let received = 0;
  socket.on("held", () => {
    received += 1;
  });
  for (let count = 0; count < 10 * LIMITS.packets; count += 1) server.emit("held", "x");
  await eventually(() => expect(received).toBe(10 * LIMITS.packets));
  expect(slowClient).not.toHaveBeenCalled();

  ws._socket.pause();
  server.emit("filler", TEXT.repeat(1200)); // one packet, more than any kernel takes
  await once(server, "disconnect");
  expect(slowClient).toHaveBeenCalledTimes(1);
});
