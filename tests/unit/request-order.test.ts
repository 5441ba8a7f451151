import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { createHttpServer } from "../../src/engine/http/server.js";
import { createRequestOrder } from "../../src/engine/routing/worker/request-order.js";
import { connectTo } from "../support/server-and-client.js";
import { eventually } from "../support/wait.js";

const GET = "GET / HTTP/1.1\r\nHost: shoal\r\n\r\n";

const UPGRADE =
  "GET /socket.io/ HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** A server that keeps all answers to itself, how often each of them has closed, and the client's connection to it. */
async function start() {
  const closed = new Map<ServerResponse, number>();
  const refused: ServerResponse[] = [];
  const order = createRequestOrder();
  const httpServer = createHttpServer(({ socket }, response) => {
    if (!order.enter(socket, response)) return void refused.push(response);
    closed.set(response, 0);
    response.on("close", () => closed.set(response, (closed.get(response) ?? 0) + 1));
  });
  httpServer.on("upgrade", (_request, socket: Socket) => order.keepAnswering(socket));
  const client = await connectTo(httpServer);
  return { client, closed, refused, times: () => [...closed.values()] };
}

test("with its connection every answer closes once, those whose turn has not come included", async () => {
  const { client, closed, times } = await start();
  client.write(GET.repeat(3));
  await eventually(() => expect(closed.size).toBe(3));
  const [first, , third] = closed.keys();
  third?.end("ready before the others");
  first?.end("answered");
  await eventually(() => expect(times()).toEqual([1, 0, 0]));

  client.destroy();

  await eventually(() => expect(times()).toEqual([1, 1, 1]));
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(times()).toEqual([1, 1, 1]);
});

test("a connection with more than a hundred open requests is cut off", async () => {
  const { client, closed, refused, times } = await start();
  client.write(GET.repeat(101));

  await once(client.resume(), "close");

  await eventually(() => expect(times()).toEqual(Array(100).fill(1)));
  expect(closed.size).toBe(100);
  expect(refused).toHaveLength(1);
});

test("an answer that is written piece by piece goes on when an upgrade waits behind it", async () => {
  const { client, closed } = await start();
  client.write(`${GET}${UPGRADE}`);
  await eventually(() => expect(closed.size).toBe(1));
  const [answer] = closed.keys();
  if (answer === undefined) throw new Error("nothing was asked");
  const piece = Buffer.alloc(1024 * 1024);
  let bytes = 0;
  client.on("data", (chunk) => {
    bytes += chunk.length;
  });

  Readable.from(Array(8).fill(piece)).pipe(answer);

  await eventually(() => expect(bytes).toBeGreaterThan(8 * piece.length), { withinMs: 20_000 });
});
