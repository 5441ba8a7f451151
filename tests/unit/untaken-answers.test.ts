import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pino } from "pino";
import { ENGINE_PATH } from "../../src/engine/http/engine-request.js";
import { createHttpServer } from "../../src/engine/http/server.js";
import { createStickySockets } from "../../src/engine/routing/primary/sticky-sockets.js";
import { createRelayCheck } from "../../src/engine/routing/worker/relay-check.js";
import { createRelayProof } from "../../src/engine/routing/worker/relay-proof.js";
import { createSessionRouter } from "../../src/engine/routing/worker/session-router.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectTo } from "../support/server-and-client.js";
import { eventually, within } from "../support/wait.js";

const UNTAKEN_MS = 100;
/** For a client that reads: a machine with much to do may stand still for more than a tenth of a second. */
const PATIENT_MS = 2000;
/** More than the kernel takes for a client that does not read. */
const LARGE = Buffer.alloc(32 * 1024 * 1024);

const UPGRADE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "", ""],
].join("\r\n");

/** Errors may come before the end, of which Node's `once` would make a failure. */
const closing = (one: Socket | ServerResponse) => new Promise((resolve) => one.once("close", resolve));

/** An answer that waits to be given, and the client that has asked for it. */
async function ask({ untakenMs = UNTAKEN_MS, lines = "Connection: close\r\n" } = {}) {
  let hear = (_response: ServerResponse): void => {};
  const asked = new Promise<ServerResponse>((resolve) => {
    hear = (response) => {
      hear = (next) => void next.end();
      resolve(response);
    };
  });
  const httpServer = createHttpServer((_request, response) => hear(response));
  const log = pino({ level: "silent" });
  const proof = createRelayProof("AAAAAAAA", [""]);
  const check = createRelayCheck(
    proof,
    () => undefined,
    log,
    () => 0,
  );
  const timing = { silenceMs: 60_000, untakenMs, farewellMs: 1000 };
  await createSessionRouter({
    httpServer,
    path: ENGINE_PATH,
    books: [],
    proof,
    check,
    log,
    ...timing,
  }).start();
  const client = await connectTo(httpServer);
  client.write(`GET / HTTP/1.1\r\nHost: shoal\r\n${lines}\r\n`);
  const closed = closing(client);
  let bytes = 0;

  /** What the client gets when it reads, in bytes. */
  async function read(): Promise<number> {
    client.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.resume();
    await within(closed, 20_000, "the end of the connection");
    return bytes;
  }

  return { client, read, response: await within(asked, 5000, "the request") };
}

test("a client that takes nothing of its answer is cut off", async () => {
  const { client, read, response } = await ask();
  client.pause();
  response.end(LARGE);
  await within(closing(response), 20_000, "the end of the answer");

  expect(await read()).toBeLessThan(LARGE.length);
});

test("nor does it help to go on sending", async () => {
  const { client, response } = await ask({ untakenMs: PATIENT_MS, lines: "" });
  client.pause();
  sendOn(client, "\r\n"); // may stand before a request
  response.end(LARGE);

  await within(closing(response), 20_000, "the end of the answer");
});

test("nor an upgrade behind it", async () => {
  const { client, response } = await ask({ untakenMs: PATIENT_MS, lines: "" });
  client.pause();
  client.write(UPGRADE);
  await eventually(() => expect(response.req.socket.bytesRead).toBeGreaterThan(UPGRADE.length));
  response.end(LARGE);

  await within(closing(response), 20_000, "the end of the answer");
});

test("nor an upgrade behind it and more after that", async () => {
  const { client, response } = await ask({ untakenMs: PATIENT_MS, lines: "" });
  client.pause();
  client.write(UPGRADE);
  await eventually(() => expect(response.req.socket.bytesRead).toBeGreaterThan(UPGRADE.length));
  sendOn(client, "x"); // it would be a frame
  response.end(LARGE);

  await within(closing(response), 20_000, "the end of the answer");
});

test("what is sent before an answer is taken is served when it has been", async () => {
  const { client, read, response } = await ask({ untakenMs: PATIENT_MS, lines: "" });
  client.pause();
  response.end(LARGE);
  await eventually(() => expect(response.req.socket.isPaused()).toBe(true), { withinMs: 20_000 });
  client.write("GET / HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n");

  expect(await read()).toBeGreaterThan(LARGE.length); // and the connection ends, as the second request wants it
});

test("an answer that is not ready has time, and is sent whole", async () => {
  const { read, response } = await ask({ untakenMs: PATIENT_MS });
  await within(once(response, "timeout"), 20_000, "the end of the time");
  response.end(LARGE);

  expect(await read()).toBeGreaterThan(LARGE.length);
});

test("one that comes after that time and is not taken is cut off as well", async () => {
  const { client, read, response } = await ask();
  await within(once(response, "timeout"), 20_000, "the end of the time");
  client.pause();
  response.end(LARGE);
  await within(closing(response), 20_000, "the end of the answer");

  expect(await read()).toBeLessThan(LARGE.length);
});

test("of answers whose turn never came nothing is left when the connection has ended", async () => {
  const { client, response } = await ask({ lines: "" });
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  client.write("GET / HTTP/1.1\r\nHost: shoal\r\n\r\n".repeat(90));
  await eventually(() => expect(response.req.socket.bytesRead).toBeGreaterThan(90 * 30));

  client.destroy();
  await within(closing(response), 20_000, "the end of the answer");

  await eventually(() => expect(timers()).toBeLessThan(before + 10));
});

/** Sends a few bytes again and again, sooner than in the time that a client has. */
function sendOn(client: Socket, bytes: string): void {
  const sending = setInterval(() => client.write(bytes), PATIENT_MS / 20);
  onTestEnd(() => clearInterval(sending));
}

/** A connection in the hands of the primary with `ROUTING=sticky`, and the client at its other end, which does not read. */
async function askPrimary(untakenMs = UNTAKEN_MS) {
  const sockets = createStickySockets(0, untakenMs);
  const server = createServer();
  const came = once(server, "connection");
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  const [socket] = (await within(came, 5000, "the connection")) as [Socket];
  sockets.add(socket.on("error", () => {}));
  onTestEnd(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return { client, socket };
}

test("a client that takes nothing of an answer that the primary has for it is cut off", async () => {
  const { socket } = await askPrimary();
  socket.end(LARGE);

  await within(closing(socket), 20_000, "the end of the connection");
});

test("and so is one that goes on sending", async () => {
  const { client, socket } = await askPrimary(PATIENT_MS);
  socket.resume();
  sendOn(client, "x");
  socket.end(LARGE);

  await within(closing(socket), 20_000, "the end of the connection");
});

test("an answer for which the primary has waited is sent to its end", async () => {
  const { client, socket } = await askPrimary();
  await within(once(socket, "timeout"), 20_000, "the end of the time");
  const answered = once(client, "data");
  socket.end("answer");

  expect(String(await within(answered, 20_000, "the answer"))).toBe("answer");
  await within(once(client, "end"), 20_000, "the end of the connection");
});
