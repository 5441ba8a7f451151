import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import express from "express";
import { createHeldBodies } from "../../src/engine/http/held-bodies.js";
import { jsonBody } from "../../src/engine/http/json-body.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually } from "../support/wait.js";

const LIMIT_BYTES = 100_000;

/** A server that holds `mostBytes` of bodies, of which each says whose it is, and does not answer those that wait. */
async function start(mostBytes: number) {
  let refused = 0;
  const waiting: ServerResponse[] = [];
  const lengths: number[] = [];
  const bodies = createHeldBodies(mostBytes, () => {
    refused += 1;
  });
  const addressOf = ({ headers }: IncomingMessage): string => String(headers["x-whose"]);
  const app = express();
  app.use(jsonBody(LIMIT_BYTES, { bodies, addressOf }));
  app.use(({ path, body }, response) => {
    lengths.push(JSON.stringify(body).length);
    if (path === "/wait") waiting.push(response);
    else response.end("served");
  });
  app.use(((error: { status: number; code: string }, _request, response, _next) => {
    response.status(error.status).end(error.code);
  }) as express.ErrorRequestHandler);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;

  /** A request of this body, of which the rest is to follow. */
  async function send(whose: string, head: string, body: string | Buffer, path = "/") {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes;
    });
    await once(socket, "connect");
    socket.write(`POST ${path} HTTP/1.1\r\nHost: shoal\r\nX-Whose: ${whose}\r\n`);
    socket.write(`Content-Type: application/json\r\n${head}\r\n\r\n`);
    socket.write(body);
    return { socket, text: () => text };
  }

  const part = (whose: string, bytes: number) =>
    send(whose, `Content-Length: ${LIMIT_BYTES}`, `"${"x".repeat(bytes - 1)}`);
  const whole = (whose: string, bytes: number, path?: string) =>
    send(whose, `Content-Length: ${bytes}`, `["${"x".repeat(bytes - 4)}"]`, path);

  return { send, part, whole, refused: () => refused, waiting, lengths };
}

type Sent = { readonly socket: Socket; text(): string };

const answers = async (sent: Sent, pattern: RegExp) =>
  eventually(() => expect(sent.text().replaceAll("\r\n", " ")).toMatch(pattern));

test("an address alone has half of it, and another one that comes then half of the rest", async () => {
  const { part, whole, refused } = await start(200_000);
  const first = await part("a", 90_000);
  await answers(await whole("a", 20_000), /^HTTP\/1.1 429 .*rate_limited$/);
  await answers(await whole("b", 40_000), /^HTTP\/1.1 200 .*served$/);

  expect(first.text()).toBe("");
  expect(refused()).toBe(1);
});

test("an address that has nothing is told that there is no room, when others have it", async () => {
  const { part, whole } = await start(100_000);
  await part("a", 45_000);
  await part("b", 26_000);
  await answers(await whole("b", 5000), /^HTTP\/1.1 429 /);
  await answers(await whole("c", 20_000), /^HTTP\/1.1 503 .*temporary$/);
  await answers(await whole("c", 10_000), /^HTTP\/1.1 200 /);
});

test("who has a small body does not pay for others of a shared address", async () => {
  const { part, whole } = await start(100_000);
  await part("a", 49_000);
  await answers(await whole("a", 5000), /^HTTP\/1.1 429 /);
  await answers(await whole("a", 3000), /^HTTP\/1.1 200 /);
});

test("a body counts until it is answered, and no longer", async () => {
  const { whole, waiting } = await start(200_000);
  const first = await whole("a", 90_000, "/wait");
  await eventually(() => expect(waiting).toHaveLength(1));
  await answers(await whole("a", 20_000), /^HTTP\/1.1 429 /);

  waiting[0]?.end("done");
  await answers(first, /^HTTP\/1.1 200 .*done$/);
  await eventually(async () => await answers(await whole("a", 20_000), /^HTTP\/1.1 200 /));
  await answers(await whole("a", 90_000), /^HTTP\/1.1 200 /);
});

test("one whose connection breaks off counts no longer, before its end or after", async () => {
  const { part, whole, waiting } = await start(200_000);
  for (let n = 0; n < 5; n += 1) {
    const [open, waits] = [await part("a", 40_000), await whole("a", 40_000, "/wait")];
    await eventually(() => expect(waiting).toHaveLength(n + 1));
    open.socket.destroy();
    waits.socket.destroy();
    await eventually(() => expect(waiting[n]?.destroyed).toBe(true));
  }

  await eventually(async () => await answers(await whole("a", 90_000), /^HTTP\/1.1 200 /));
});

test("pieces count more than their bytes, and what is compressed as what it may become", async () => {
  const { send, whole, refused } = await start(1_000_000);
  const pieces = "1\r\nx\r\n".repeat(2000);
  const body = `2\r\n"x\r\n${pieces}1\r\n"\r\n0\r\n\r\n`;
  await answers(await send("a", "Transfer-Encoding: chunked", body), /^HTTP\/1.1 503 /);

  const packed = gzipSync(JSON.stringify("x".repeat(LIMIT_BYTES - 2))).subarray(0, 100);
  const head = `Content-Encoding: gzip\r\nContent-Length: ${packed.length + 1}`;
  for (let n = 0; n < 4; n += 1) await send("b", head, packed);
  await answers(await send("b", head, packed), /^HTTP\/1.1 429 /);
  await answers(await whole("c", 50_000), /^HTTP\/1.1 200 /);
  expect(refused()).toBe(2);
});

test("nothing of a refused body is served, though all of it comes", async () => {
  const { part, send, lengths } = await start(200_000);
  await part("a", 90_000);
  const rest = JSON.stringify("x".repeat(30_000));
  const late = await send("a", `Content-Length: ${rest.length}`, rest.slice(0, 20_000));
  await answers(late, /^HTTP\/1.1 429 .*rate_limited$/);
  late.socket.write(rest.slice(20_000));
  await eventually(() => expect(late.socket.closed).toBe(true));

  expect(lengths).toEqual([]);
});
