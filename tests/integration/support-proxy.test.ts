import { createHash } from "node:crypto";
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { onTestEnd } from "../support/cleanup.js";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.js";
import { tempDir } from "../support/temp-dir.js";
import { deferred, eventually, neverHappens, once, within } from "../support/wait.js";

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server whose accepted connections are kept, to look at them and to speak on them. */
async function startServer(onConnection: (socket: Socket) => void, where?: string) {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  onTestEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const listening = once(server, "listening");
  if (where === undefined) server.listen(0, "127.0.0.1");
  else server.listen(where);
  await listening;
  return { server, sockets, port: portOf(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" ? ((address as AddressInfo | null)?.port ?? 0) : 0;
}

const echo = (socket: Socket) => void socket.pipe(socket);

async function proxyTo(onConnection: (socket: Socket) => void) {
  const { server, sockets, port } = await startServer(onConnection);
  const direct = { host: "127.0.0.1", port };
  const proxy = await startTcpProxy({ target: direct });
  return { proxy, direct, server, sockets };
}

function dial({ host, port }: Address): Socket {
  const socket = netConnect({ host, port, allowHalfOpen: true });
  onTestEnd(() => socket.destroy());
  return socket;
}

async function connect(address: Address): Promise<Socket> {
  const socket = dial(address);
  await once(socket, "connect");
  return socket;
}

/** The bytes that arrive until there are `count`. */
async function read(socket: Socket, count: number): Promise<string> {
  let text = "";
  const full = deferred<string>();
  const onData = (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (text.length >= count) full.resolve(text);
  };
  socket.on("data", onData);
  try {
    return await within(full.promise, 5000, `${count} bytes after ${JSON.stringify(text)}`);
  } finally {
    socket.off("data", onData);
  }
}

async function roundTrip(socket: Socket, text: string): Promise<string> {
  const answer = read(socket, text.length);
  socket.write(text);
  return answer;
}

const isReset = (socket: Socket) =>
  expect(once(socket, "error")).resolves.toMatchObject([{ code: "ECONNRESET" }]);

async function isEmpty(proxy: TcpProxy): Promise<void> {
  await eventually(() => expect(proxy.connections).toBe(0));
}

describe("pass", () => {
  test("bytes arrive unchanged in both directions, and a half-closed side can still receive", async () => {
    const { proxy } = await proxyTo(echo);
    const client = await connect(proxy);
    const sent = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdef-");
    const hash = createHash("sha256");
    client.on("data", (chunk) => hash.update(chunk));
    client.end(sent);
    await once(client, "end");
    expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
    expect(proxy.accepted).toBe(1);
    await isEmpty(proxy);
  });

  test("a reader that stops holds the writer back", async () => {
    const block = Buffer.alloc(64 * 1024);
    let written = 0;
    const write = (socket: Socket) => {
      do written += block.length;
      while (socket.write(block));
    };
    const { proxy, sockets } = await proxyTo((socket) => {
      socket.on("drain", () => write(socket));
      write(socket);
    });
    const client = await connect(proxy); // never reads
    await eventually(() => expect(sockets[0]?.writableNeedDrain).toBe(true));
    let last = -1;
    await eventually(
      () => {
        const before = last;
        last = written;
        expect(written).toBe(before);
      },
      { everyMs: 200 },
    );
    expect(written).toBeLessThan(32 * 1024 * 1024); // the kernel's buffers and the proxy's megabyte

    let got = 0;
    client.on("data", (chunk) => {
      got += chunk.length;
    });
    await eventually(() => expect(got).toBeGreaterThan(64 * 1024 * 1024));
  });

  test("a Unix socket is a target, too", async () => {
    const path = join(await tempDir("proxy"), "echo.sock");
    await startServer(echo, path);
    const proxy = await startTcpProxy({ target: { path } });
    const client = await connect(proxy);
    await expect(roundTrip(client, "over a file")).resolves.toBe("over a file");
    proxy.set("reset");
    await isReset(client);
    await isEmpty(proxy);
  });

  test("a server that is away and one that breaks the connection are told as a reset", async () => {
    const { proxy, server, sockets } = await proxyTo(echo);
    const client = await connect(proxy);
    await roundTrip(client, "hello");
    const broken = isReset(client);
    sockets[0]?.resetAndDestroy();
    await broken;
    await new Promise((resolve) => server.close(resolve));
    await isReset(dial(proxy));
    await isEmpty(proxy);
  });
});

describe("reset", () => {
  test("old and new connections are reset, on both sides, and pass heals", async () => {
    const { proxy, sockets } = await proxyTo(echo);
    const client = await connect(proxy);
    await roundTrip(client, "hello");
    const serverSide = isReset(sockets[0] as Socket);
    const clientSide = isReset(client);
    proxy.set("reset");
    await Promise.all([serverSide, clientSide]);

    await isReset(dial(proxy));
    expect(sockets).toHaveLength(1);
    proxy.set("pass");
    await expect(roundTrip(await connect(proxy), "again")).resolves.toBe("again");
  });
});

describe("blackhole", () => {
  test("nothing moves either way while it lasts, and all of it arrives afterwards", async () => {
    const { proxy, direct, sockets } = await proxyTo(echo);
    const client = await connect(proxy);
    await roundTrip(client, "before");
    const serverSide = sockets[0] as Socket;
    proxy.set("blackhole");
    client.write("up");
    serverSide.write("down");
    const newcomer = await connect(proxy);
    newcomer.write("new");

    const witness = await connect(direct); // what works around the proxy marks the time
    const marker = roundTrip(witness, "x".repeat(1024 * 1024));
    await Promise.all([
      neverHappens(serverSide, "data", marker),
      neverHappens(client, "data", marker),
      neverHappens(newcomer, "data", marker),
    ]);
    expect(sockets).toHaveLength(2); // the old one and the witness: the newcomer got no further

    const answers = Promise.all([read(client, 6), read(newcomer, 3)]);
    proxy.set("pass");
    await expect(answers).resolves.toEqual(["downup", "new"]);
  });

  test("the end of one side is news that does not pass", async () => {
    const { proxy, direct, sockets } = await proxyTo(echo);
    const client = await connect(proxy);
    await roundTrip(client, "before");
    proxy.set("blackhole");
    const marker = connect(direct).then((witness) => roundTrip(witness, "x".repeat(1024 * 1024)));
    sockets[0]?.resetAndDestroy();
    const closed = isReset(client);
    await neverHappens(client, "close", marker);
    proxy.set("pass");
    await closed;
    await isEmpty(proxy);
  });

  test("stop ends stalled connections", async () => {
    const { proxy } = await proxyTo(echo);
    const old = await connect(proxy);
    await roundTrip(old, "before");
    proxy.set("blackhole");
    const newcomer = await connect(proxy);
    await eventually(() => expect(proxy.connections).toBe(2));
    const ends = [isReset(old), isReset(newcomer)];
    await proxy.stop();
    await Promise.all(ends);
    expect(proxy.connections).toBe(0);
  });
});

describe("the other harms", () => {
  test("delay holds every byte back, in each direction, and keeps the order", async () => {
    const { proxy } = await proxyTo(echo);
    const client = await connect(proxy);
    await roundTrip(client, "warm");
    proxy.set({ delayMs: 60 });
    const start = performance.now();
    client.write("a");
    setImmediate(() => client.write("b"));
    await expect(read(client, 2)).resolves.toBe("ab");
    expect(performance.now() - start).toBeGreaterThanOrEqual(119);
    proxy.set("pass");
    await expect(roundTrip(client, "quick")).resolves.toBe("quick");
  });

  test("swallowReplies lets the request through, loses the answer, and then breaks the connection", async () => {
    const { proxy, sockets } = await proxyTo(echo);
    const client = await connect(proxy);
    await roundTrip(client, "before");
    const idle = await connect(proxy);
    await roundTrip(idle, "idle");
    const received = read(sockets[0] as Socket, 7);
    proxy.set("swallowReplies");
    client.write("request");
    await expect(received).resolves.toBe("request");
    const lost = eventually(() => expect(proxy.swallowedBytes).toBe(7));
    await neverHappens(client, "data", lost);

    const broken = isReset(client);
    proxy.set("pass");
    await neverHappens(client, "data", broken);
    await expect(roundTrip(idle, "unharmed")).resolves.toBe("unharmed");
  });

  test("cutAfterBytes resets one new connection after exactly that many bytes of the answer", async () => {
    const { proxy, sockets } = await proxyTo(echo);
    const old = await connect(proxy);
    await roundTrip(old, "old");
    proxy.cutAfterBytes(5);
    const cut = await connect(proxy);
    await eventually(() => expect(sockets).toHaveLength(2));
    const broken = isReset(sockets[1] as Socket);
    let got = "";
    cut.on("data", (chunk) => {
      got += chunk;
    });
    cut.on("error", () => {}); // ECONNRESET, or just an end: libuv drops the error when it comes with the last bytes
    const ended = once(cut, "close");
    cut.on("end", () => cut.end());
    cut.write("0123456789");
    await Promise.all([broken, ended]);
    expect(got).toBe("01234");
    await expect(roundTrip(old, "unharmed")).resolves.toBe("unharmed");
    await expect(roundTrip(await connect(proxy), "0123456789")).resolves.toBe("0123456789");
  });
});
