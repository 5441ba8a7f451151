import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, Socket as NetSocket } from "node:net";
import type { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { readConfig } from "../../src/engine/config/config.js";
import { createOriginCheck } from "../../src/engine/http/origin.js";
import { createFanOut } from "../../src/engine/realtime/fan-out/fan-out.js";
import { createIo } from "../../src/engine/realtime/io.js";
import { onTestEnd } from "../support/cleanup.js";
import { ALL_MEASURES, NO_MEASURES } from "../support/internals.js";
import { eventually } from "../support/wait.js";

type Transports = ("polling" | "websocket")[];

/** A Socket.IO server with the events of these tests, which are not those of the product's contract. */
async function startServer(kind: string) {
  const config = readConfig({ NODE_ENV: "test" });
  const io = createIo(config, createOriginCheck(config), () => {});
  const httpServer = createServer();
  const fanOut = createFanOut(io, kind === "batched" ? ALL_MEASURES : NO_MEASURES);
  io.attach(httpServer);
  await fanOut.start();
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  onTestEnd(async () => {
    await fanOut.stop();
    await io.close();
  });
  const { port } = httpServer.address() as AddressInfo;
  return { io: io as unknown as Server, url: `http://127.0.0.1:${port}` };
}

/** A client that has entered `room`, and all that it has received. */
async function join(
  { io, url }: { io: Server; url: string },
  { room = "room", transports = ["websocket"] as Transports } = {},
) {
  const received: unknown[][] = [];
  const socket = connect(url, { transports, forceNew: true, reconnection: false });
  onTestEnd(() => void socket.disconnect());
  socket.onAny((...event: unknown[]) => received.push(event));
  await once(socket as never, "connect");
  await eventually(() => expect(socket.io.engine.transport.name).toBe(transports.at(-1)));
  const serverSide = io.sockets.sockets.get(socket.id ?? "");
  if (serverSide === undefined) throw new Error("not connected");
  await eventually(() => expect(serverSide.conn.transport.name).toBe(transports.at(-1)));
  await serverSide.join(room);
  return { socket, serverSide, received };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.each(["stock", "batched"])("the fan-out, %s", (kind) => {
  test.each<[string, Transports]>([
    ["WebSocket", ["websocket"]],
    ["polling", ["polling"]],
    ["polling that became WebSocket", ["polling", "websocket"]],
  ])("delivers every broadcast once and in order over %s", async (_name, transports) => {
    const server = await startServer(kind);
    const clients = await Promise.all(upTo(5).map(() => join(server, { transports })));

    for (const turn of upTo(20)) {
      for (const index of upTo(20)) server.io.to("room").emit("n", turn * 20 + index);
      await new Promise((resolve) => setImmediate(resolve));
    }

    const all = upTo(400).map((number) => ["n", number]);
    for (const { received } of clients) await eventually(() => expect(received).toEqual(all));
  });

  test("keeps the order of broadcasts, single messages, acknowledgements and binary ones of one turn", async () => {
    const server = await startServer(kind);
    const { socket, serverSide, received } = await join(server);
    serverSide.on("ask", (ack: (answer: string) => void) => {
      server.io.to("room").emit("a", 1);
      ack("two");
      server.io.to("room").emit("a", 3);
      serverSide.emit("a", 4);
      server.io.to("room").emit("a", Buffer.from("5"));
      server.io.to("room").emit("a", 6);
      server.io.to("room").emit("a", 7);
      serverSide.emit("a", 8);
    });

    await new Promise<void>((resolve) => {
      socket.emit("ask", (answer: string) => {
        received.push(["ack", answer]);
        resolve();
      });
    });

    const expected = [
      ["a", 1],
      ["ack", "two"],
      ["a", 3],
      ["a", 4],
      ["a", Buffer.from("5")],
    ];
    await eventually(() => expect(received).toEqual([...expected, ["a", 6], ["a", 7], ["a", 8]]));
  });

  test("leaves out who is excepted, and tells rooms apart, in one turn", async () => {
    const server = await startServer(kind);
    const [ann, bob] = await Promise.all([join(server), join(server)]);
    const eve = await join(server, { room: "other" });

    for (const index of upTo(3)) {
      ann.serverSide.to("room").emit("from ann", index);
      bob.serverSide.to("room").emit("from bob", index);
      server.io.to("other").emit("other", index);
    }

    await eventually(() => expect(ann.received).toEqual(upTo(3).map((n) => ["from bob", n])));
    await eventually(() => expect(bob.received).toEqual(upTo(3).map((n) => ["from ann", n])));
    await eventually(() => expect(eve.received).toEqual(upTo(3).map((n) => ["other", n])));
  });

  test("delivers what was broadcast before a connection is closed, and nothing after", async () => {
    const server = await startServer(kind);
    const [left, cut, stays] = await Promise.all(upTo(3).map(() => join(server)));
    if (!left || !cut || !stays) throw new Error("not all are connected");

    server.io.to("room").emit("n", 1);
    left.serverSide.disconnect(true);
    cut.serverSide.conn.close();
    server.io.to("room").emit("n", 2);

    await eventually(() =>
      expect(stays.received).toEqual([
        ["n", 1],
        ["n", 2],
      ]),
    );
    for (const { socket, received } of [left, cut]) {
      await eventually(() => expect(socket.connected).toBe(false));
      expect(received).toEqual([["n", 1]]);
    }
  });

  test("queues for a client that does not read, delivers in order once it reads, and drops what is volatile", async () => {
    const server = await startServer(kind);
    const { serverSide, received, socket } = await join(server);
    const wire = (socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket;
    const text = "x".repeat(65_536);
    wire.pause();
    await eventually(() => {
      for (const _ of upTo(20)) server.io.to("room").emit("filler", text);
      expect(serverSide.conn.transport.writable).toBe(false);
    });
    const fillers = received.length;

    for (const index of upTo(10)) {
      server.io.to("room").volatile.emit("lost", index);
      server.io.to("room").emit("kept", index);
    }
    wire.resume();

    await eventually(() =>
      expect(received.filter(([name]) => name === "kept").map(([, n]) => n)).toEqual(upTo(10)),
    );
    expect(received.filter(([name]) => name === "lost")).toEqual([]);
    expect(received.length).toBeGreaterThan(fillers + 10);
    expect(received.slice(-10).every(([name]) => name === "kept")).toBe(true);
  });
});

/** Counts the writes to TCP sockets while `action` and what follows from it run. */
async function writesDuring(action: () => Promise<void>): Promise<number> {
  const write = jest.spyOn(NetSocket.prototype, "_write");
  const writev = jest.spyOn(NetSocket.prototype, "_writev" as never);
  await action();
  const count = write.mock.calls.length + writev.mock.calls.length;
  write.mockRestore();
  writev.mockRestore();
  return count;
}

describe("the batched fan-out", () => {
  test("makes one write of what a client gets within a turn: the internals that it needs are there", async () => {
    const server = await startServer("batched");
    const clients = await Promise.all(upTo(4).map(() => join(server)));

    const writes = await writesDuring(async () => {
      for (const index of upTo(50)) server.io.to("room").emit("n", index);
      for (const { received } of clients) await eventually(() => expect(received).toHaveLength(50));
    });

    expect(writes).toBe(clients.length);
  });

  test("leaves broadcasts to Socket.IO for a connection that is not as expected", async () => {
    const server = await startServer("batched");
    server.io.use((socket, next) => {
      Object.assign(socket.conn.transport, { close: undefined }); // as if it had another name
      next();
    });

    const clients = await Promise.all(upTo(3).map(() => join(server)));
    for (const { serverSide } of clients) Reflect.deleteProperty(serverSide.conn.transport, "close");
    for (const index of upTo(3)) server.io.to("room").emit("n", index);

    for (const { received } of clients) {
      await eventually(() => expect(received).toEqual(upTo(3).map((n) => ["n", n])));
    }
  });
});
