import type { RequestListener, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { createAdminServer } from "../../src/engine/admin/admin-server.js";
import { call } from "../cluster/support/http-call.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { deferred, eventually, once, within } from "../support/wait.js";

/** Connections that the port has at a time. */
const PLACES = 100;
/** More than the kernel takes for a client that does not read. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, "x");

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shoal\r\n\r\n`;

/** The port number of a private port with these answers. */
async function start(
  { metrics = "up 1\n", operate = (() => {}) as RequestListener } = {},
  untakenMs?: number,
): Promise<number> {
  const server = createAdminServer(
    "127.0.0.1",
    0,
    {
      readiness: () => "ready",
      metrics: async () => ({ type: "text/plain", text: metrics }),
      operate: () => operate,
      page: (_request, response) => void response.writeHead(404).end(),
    },
    untakenMs,
  );
  onTestEnd(server.stop);
  await server.start();
  return Number(new URL(server.url()).port);
}

/** A connection from this address that says this, and reads nothing of what it gets. */
async function hold(port: number, said: string, localAddress = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress }).on("error", () => {});
  onTestEnd(() => socket.destroy());
  await within(once(socket, "connect"), 5000, "a connection");
  socket.write(said);
  return socket;
}

function holdMany(count: number, port: number, said: string, localAddress?: string): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, () => hold(port, said, localAddress)));
}

/** What a connection that `hold` has made gets until it ends. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  await within(once(socket, "close"), 5000, "the end of the connection");
  return text;
}

const livez = async (port: number) => (await call(`http://127.0.0.1:${port}/livez`)).status;

test.each(["/livez", "/readyz", "/metrics", "/"])("%s has one answer on a connection", async (path) => {
  const raw = await openRaw(`http://127.0.0.1:${await start()}`);
  raw.write(GET(path).repeat(50));

  const answers = await raw.readToEnd();
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
  expect(answers).toMatch(/\r\nConnection: close\r\n/i);
});

test("what follows a request that waits for its answer is not read", async () => {
  const asked = deferred<ServerResponse>();
  const port = await start({ operate: (_request, response) => asked.resolve(response) });
  const raw = await openRaw(`http://127.0.0.1:${port}`);
  raw.write(GET("/rooms"));
  const response = await within(asked.promise, 5000, "the request");
  raw.write(GET("/livez").repeat(100));

  await eventually(() => expect(response.req.socket.isPaused()).toBe(true));
  response.end("late");
  expect((await raw.readToEnd()).match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200"]);
});

test("answers that operators do not take keep nobody from having one", async () => {
  const operate: RequestListener = ({ url }, response) => response.end(url === "/large" ? LARGE : "small");
  const port = await start({ operate }, 2000);
  const small = async () => (await call(`http://127.0.0.1:${port}/small`)).status;
  await holdMany(20, port, GET("/large"));
  await eventually(async () => expect(await small()).toBe(503)); // they have all the places of operators

  await eventually(async () => expect(await small()).toBe(200), { withinMs: 20_000 });
});

describe.each([
  ["that say nothing", ""],
  ["with half a header", "GET /livez HTTP/1.1\r\nHost"],
  ["with half a body", "POST /rooms HTTP/1.1\r\nHost: shoal\r\nContent-Length: 10\r\n\r\nabc"],
  ["whose answers are not ready", GET("/rooms")],
])("%s", (_what, said) => {
  test.each(["127.0.0.1", "127.0.0.9"])("connections of %s do not keep probes out", async (address) => {
    const port = await start();
    await holdMany(PLACES, port, said, address);

    for (let probe = 0; probe < 3; probe += 1) expect(await livez(port)).toBe(200);
  });
});

test("the address with the most connections gives way, and of them the oldest", async () => {
  const port = await start();
  const [begun, ended] = ["GET /livez HTTP/1.1\r\nHost: shoal\r\n", "\r\n"];
  const other = await hold(port, begun);
  const held = await holdMany(PLACES - 1, port, begun, "127.0.0.9");
  const [oldest, next] = held as [Socket, Socket];
  const gone = within(once(oldest.resume(), "close"), 5000, "the end of the oldest");
  await hold(port, begun, "127.0.0.9");
  await gone;

  for (const socket of [other, next]) {
    socket.write(ended);
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 200 /);
  }
});

test("an answer that is not read keeps its place for no longer than others need it", async () => {
  const port = await start({ metrics: String(LARGE) });
  const unread = await hold(port, GET("/metrics"));
  await eventually(() => expect(unread.bytesRead).toBeGreaterThan(0));
  await holdMany(PLACES - 1, port, "");
  expect(await livez(port)).toBe(200);

  expect((await readToEnd(unread)).length).toBeLessThan(LARGE.length);
});

test("who waits for an answer keeps his place before those who say nothing", async () => {
  const asked = deferred<ServerResponse>();
  const port = await start({ operate: (_request, response) => asked.resolve(response) });
  const waiting = await hold(port, GET("/rooms"));
  const response = await within(asked.promise, 5000, "the request");
  await holdMany(PLACES + 20, port, "");
  expect(await livez(port)).toBe(200);

  response.end("late");
  expect(await readToEnd(waiting)).toMatch(/^HTTP\/1\.1 200 [\s\S]*late$/);
});
