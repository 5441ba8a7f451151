import { createServer, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { createBegunRequests } from "../../src/engine/http/begun-requests.js";
import { connectTo } from "../support/server-and-client.js";
import { eventually, once } from "../support/wait.js";

const GET = "GET / HTTP/1.1\r\nHost: shoal\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: shoal\r\nContent-Length: 5\r\n\r\n";
const NEVER = 3_600_000;

/** A server that answers all but what ends in `/held`, a client of it, and what knows of requests that have begun. */
async function serve() {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url?.endsWith("/held")) held.push(response);
    else if (request.url?.endsWith("/early")) setImmediate(() => void response.end("answered"));
    else request.resume().once("end", () => response.end("answered"));
  });
  server.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const begun = createBegunRequests(server);
  await begun.start();
  const client = await connectTo(server);
  let received = "";
  client.setEncoding("utf8").on("data", (text: string) => {
    received += text;
  });
  await once(client, "connect");
  let sent = 0;
  return {
    begun,
    held,
    /** Sends, and resolves when the server has read it. */
    async send(text: string): Promise<void> {
      sent += text.length;
      client.write(text);
      await eventually(() => expect(sockets[0]?.bytesRead).toBe(sent));
    },
    hears: (what: string, times = 1) => eventually(() => expect(received.split(what).length - 1).toBe(times)),
    client,
  };
}

/** Whether there are some now. */
async function areThere({ begun }: Awaited<ReturnType<typeof serve>>): Promise<boolean> {
  let isOver = false;
  await Promise.race([
    begun.ended(NEVER).then(() => {
      isOver = true;
    }),
    begun.ended(0),
  ]);
  await new Promise(setImmediate);
  return !isOver;
}

test.each([
  ["the first on its connection", []],
  ["one behind a request that was answered", [GET]],
  ["one behind a request with a body", [POST, "words"]],
])("a header of which the beginning has come is waited for: %s", async (_which, before) => {
  const served = await serve();
  for (const part of before) await served.send(part);
  if (before.length > 0) await served.hears("answered");
  await eventually(async () => expect(await areThere(served)).toBe(false));

  await served.send(GET.slice(0, 9));
  expect(await areThere(served)).toBe(true);
  const ended = served.begun.ended(NEVER);
  await served.send(GET.slice(9));

  await ended;
  await served.hears("answered", before.length > 0 ? 2 : 1);
});

test("a connection that has said nothing, one whose answer is not given yet, and one with another protocol have none", async () => {
  const served = await serve();
  expect(await areThere(served)).toBe(false);
  await served.send("GET /held HTTP/1.1\r\nHost: shoal\r\n\r\n");
  await eventually(() => expect(served.held).toHaveLength(1));
  expect(await areThere(served)).toBe(false);

  const upgraded = await serve();
  await upgraded.send("GET / HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
  await upgraded.hears("101");
  await upgraded.send("bytes of that protocol");
  expect(await areThere(upgraded)).toBe(false);
});

test("a body that goes on behind an early answer is no beginning of another request", async () => {
  const served = await serve();
  await served.send("POST /early HTTP/1.1\r\nHost: shoal\r\nContent-Length: 5\r\n\r\n");
  await served.hears("answered");
  await served.send("words");
  await eventually(async () => expect(await areThere(served)).toBe(false));
});

test("a header that never ends is given up after the time, and one whose client goes is forgotten", async () => {
  const served = await serve();
  await served.send(GET.slice(0, 9));
  await served.begun.ended(50);
  expect(await areThere(served)).toBe(true);

  served.client.destroy();
  await served.begun.ended(NEVER);
});

test("a connection that comes again after each upgrade is not listened to more and more often", async () => {
  const server = createServer().removeAllListeners("connection");
  await createBegunRequests(server).start();
  const socket = new Socket();
  for (let time = 0; time < 20; time += 1) {
    server.emit("connection", socket);
    server.emit("upgrade", { socket });
  }

  expect(socket.listenerCount("close")).toBe(0);
});

test("a connection whose upgrade is not spoken, and which comes again within it, is forgotten when it ends", async () => {
  const server = createServer().removeAllListeners("connection");
  // As whoever answers such requests does, before anybody who listens later hears of the upgrade.
  server.on("upgrade", ({ socket }) => void server.emit("connection", socket));
  await createBegunRequests(server).start();
  const socket = new Socket();

  server.emit("connection", socket);
  server.emit("upgrade", { socket });

  expect(socket.listenerCount("close")).toBe(1);
});
