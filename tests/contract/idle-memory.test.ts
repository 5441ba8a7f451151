import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Server, Socket } from "socket.io";
import { io as connect } from "socket.io-client";
import { readConfig } from "../../src/config/config.js";
import { createLogger } from "../../src/logger.js";
import { createIdleMemory } from "../../src/realtime/idle-memory/idle-memory.js";
import { createIo } from "../../src/realtime/io.js";
import { onTestEnd } from "../support/cleanup.js";
import { createLineLog } from "../support/line-log.js";
import { eventually } from "../support/wait.js";

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
type Inside = Record<string, Record<string, unknown>>;

/** A Socket.IO server, stock or with its connections made small. */
async function startServer(kind: string, middleware: Middleware = (_request, _response, next) => next()) {
  const io = createIo(
    readConfig({ NODE_ENV: "test" }),
    () => true,
    () => {},
  );
  const httpServer = createServer();
  const lines = createLineLog();
  const log = createLogger("debug", { write: (text) => lines.feed("stdout", text) });
  const idleMemory = createIdleMemory(io, log);
  io.attach(httpServer);
  io.engine.use(middleware);
  if (kind === "small") await idleMemory.start();
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  onTestEnd(async () => {
    await idleMemory.stop();
    await io.close();
  });
  const { port } = httpServer.address() as AddressInfo;
  return { io: io as unknown as Server, url: `http://127.0.0.1:${port}`, logs: lines.lines };
}

async function join({ io, url }: { io: Server; url: string }, transports = ["websocket"]) {
  const client = connect(url, {
    transports,
    forceNew: true,
    reconnection: false,
    auth: { token: "secret" },
    query: { color: "blue" },
    extraHeaders: { "X-Pet": "cat" },
  });
  onTestEnd(() => void client.disconnect());
  await once(client as never, "connect");
  const socket = io.sockets.sockets.get(client.id ?? "") as Socket;
  await eventually(() => expect(socket.conn.transport.name).toBe(transports.at(-1)));
  await new Promise((resolve) => setImmediate(resolve)); // it is made small after the turn in which it came
  return { client, socket };
}

/** Has every listener that is left of those that Engine.IO takes for the upgrade. */
function leftOver(socket: Socket): unknown[] {
  const { socket: webSocket } = socket.conn.transport as unknown as {
    socket: { _socket: NodeJS.EventEmitter } & NodeJS.EventEmitter;
  };
  return [...webSocket.listeners("error"), ...webSocket._socket.listeners("close")].filter((listener) =>
    /onUpgradeError|this\.emit\("close"\)/.test(String(listener)),
  );
}

describe.each(["stock", "small"])("a connection, %s", (kind) => {
  test("keeps its handshake and its request, which is the object that middleware has seen", async () => {
    const seen: IncomingMessage[] = [];
    const server = await startServer(kind, (request, _response, next) => {
      seen.push(Object.assign(request, { session: { user: "ann" } }));
      next();
    });
    const { socket } = await join(server);
    const { request } = socket;

    expect(seen).toEqual([request]);
    expect(seen[0]).toBe(socket.conn.request);
    expect(request).toMatchObject({ method: "GET", session: { user: "ann" }, httpVersion: "1.1" });
    expect(request.url).toMatch(/^\/socket\.io\/\?color=blue&EIO=4&transport=websocket/);
    expect(request.headers).toMatchObject({ "x-pet": "cat", upgrade: "websocket" });
    expect(request.rawHeaders[request.rawHeaders.indexOf("X-Pet") + 1]).toBe("cat");
    expect(request.socket.remoteAddress).toBe("127.0.0.1");
    expect(socket.handshake).toMatchObject({
      address: "127.0.0.1",
      auth: { token: "secret" },
      query: { color: "blue", EIO: "4" },
      url: request.url,
      secure: false,
    });
    expect(socket.handshake.headers).toBe(request.headers);
  });

  test("tells a response that somebody listens to that it has closed", async () => {
    const closed: string[] = [];
    const server = await startServer(kind, (request, response, next) => {
      response.on("close", () => closed.push(String(request.headers["x-pet"])));
      next();
    });
    const { client } = await join(server);
    expect(closed).toEqual([]);
    client.disconnect();
    await eventually(() => expect(closed).toEqual(["cat"]));
  });

  test("calls listeners in order, as often as they are to be called, and lets go of those that are removed", async () => {
    const server = await startServer(kind);
    const called: string[] = [];
    server.io.on("connection", (socket) => {
      socket.once("a", () => called.push("once"));
      socket.on("a", () => called.push("first"));
      socket.on("a", () => called.push("second"));
      socket.on("constructor", () => called.push("constructor"));
      socket.onAny((event) => called.push(`any ${event}`));
      socket.conn.once("close", () => called.push("closed"));
    });
    const { client, socket } = await join(server);
    const removed = () => called.push("removed");
    socket.on("a", removed);
    socket.off("a", removed);
    socket.onAny(() => called.push("late any"));

    for (const event of ["a", "a", "constructor", "toString"]) client.emit(event);
    await new Promise<void>((resolve) => {
      socket.on("end", () => resolve());
      client.emit("end");
    });
    client.disconnect();

    await eventually(() => expect(called.at(-1)).toBe("closed"));
    expect(called.filter((name) => !name.includes("any"))).toEqual([
      ...["once", "first", "second", "first", "second", "constructor", "closed"],
    ]);
    const caught = ["a", "a", "constructor", "toString", "end"].flatMap((name) => [
      `any ${name}`,
      "late any",
    ]);
    expect(called.filter((name) => name.includes("any"))).toEqual(caught);
  });

  test.each([[["websocket"]], [["polling", "websocket"]], [["polling"]]])(
    "carries text and binary both ways and closes over %j",
    async (transports) => {
      const server = await startServer(kind);
      const reasons: unknown[] = [];
      server.io.on("connection", (socket) => {
        socket.on("echo", (body, ack) => ack(body));
        socket.on("disconnect", (reason) => reasons.push(reason));
      });
      const { client } = await join(server, transports);
      for (const body of ["text", Buffer.from([1, 2, 3]), "x".repeat(100_000)])
        expect(await client.emitWithAck("echo", body)).toEqual(body);
      client.disconnect();
      await eventually(() => expect(reasons).toEqual(["client namespace disconnect"]));
      await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
    },
  );
});

describe("the idle memory", () => {
  test.each([[["websocket"]], [["polling", "websocket"]]])(
    "knows the installed libraries, over %j",
    async (transports) => {
      const server = await startServer("small");
      const { socket } = await join(server, transports);
      const { _receiver: receiver } = (socket.conn.transport as unknown as { socket: Inside }).socket;

      expect(leftOver(socket)).toEqual([]);
      expect(receiver?._mask).toBeUndefined();
      const wrappers = (socket.conn as unknown as NodeJS.EventEmitter).rawListeners("close");
      expect(wrappers.filter((listener) => "listener" in listener)).toEqual([]);
      expect(server.logs.map(({ fields }) => fields.msg)).toEqual([]);
    },
  );

  test("lets go of the frame that answered a ping", async () => {
    const server = await startServer("small");
    const { socket } = await join(server);
    const connection = socket.conn as unknown as NodeJS.EventEmitter & { sendPacket(type: string): void };
    const { _receiver: receiver } = (socket.conn.transport as unknown as { socket: Inside }).socket;
    let heard = 0;
    connection.on("heartbeat", () => {
      heard += 1;
    });
    for (let pings = 1; pings <= 2; pings += 1) {
      connection.sendPacket("ping");
      await eventually(() => expect(heard).toBe(pings));
    }
    await eventually(() => expect(receiver?._mask).toBeUndefined());
  });

  test("finds something to let go in a stock connection", async () => {
    const { socket } = await join(await startServer("stock"));
    expect(leftOver(socket)).toHaveLength(2);
  });

  test("frees the response of a handshake, and with one that has a listener nothing", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const responses: WeakRef<ServerResponse>[] = [];
    const server = await startServer("small", (_request, response, next) => {
      if (responses.length > 0) response.on("close", () => {});
      responses.push(new WeakRef(response));
      next();
    });
    await join(server);
    await join(server);
    await eventually(() => {
      collect();
      expect(responses.map((response) => response.deref() !== undefined)).toEqual([false, true]);
    });
  });

  test("makes connections small again that enter the namespace again", async () => {
    const server = await startServer("small");
    const { client } = await join(server);
    client.disconnect().connect();
    await once(client as never, "connect");
    server.io.on("connection", (socket) => socket.on("echo", (body, ack) => ack(body)));
    client.disconnect().connect();
    await once(client as never, "connect");
    expect(await client.emitWithAck("echo", "body")).toBe("body");
    expect(server.logs.map(({ fields }) => fields.msg)).toEqual([]);
  });

  test("says once that it does not know the libraries, and leaves connections as they are", async () => {
    const server = await startServer("small");
    server.io.engine.on("connection", (conn: object) => Object.assign(conn, { cleanupFn: undefined }));
    for (const _ of [1, 2]) {
      const { socket } = await join(server);
      expect(leftOver(socket)).toHaveLength(2);
      Object.assign(socket.conn, { cleanupFn: [] });
    }
    expect(server.logs.map(({ fields }) => fields.msg)).toEqual([
      expect.stringMatching(/not known to the idle memory/),
    ]);
  });
});
