import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { readConfig } from "../../src/engine/config/config.js";
import { createHeldBodies } from "../../src/engine/http/held-bodies.js";
import { createInFlight } from "../../src/engine/http/in-flight.js";
import { createOriginCheck } from "../../src/engine/http/origin.js";
import { createTurns } from "../../src/engine/process/turns.js";
import { createConnections } from "../../src/engine/realtime/connections/connections.js";
import { installDoorRules } from "../../src/engine/realtime/connections/door-rules.js";
import { NO_PACE } from "../../src/engine/realtime/connections/pace.js";
import { installPollingRequests } from "../../src/engine/realtime/connections/polling-requests.js";
import { createReading } from "../../src/engine/realtime/connections/reading.js";
import { createIo } from "../../src/engine/realtime/io.js";
import { onTestEnd } from "../support/cleanup.js";
import { openPollingSession, poll, postPackets } from "../support/engine-client.js";
import { eventually, once } from "../support/wait.js";

const TEXT = "x".repeat(1024 * 1024);

/** A connection as Engine.IO tells of it. */
interface Raw {
  readonly id: string;
  readonly readyState: string;
  readonly transport: { readonly writable: boolean };
  send(text: string): void;
  close(): void;
}

async function startServer() {
  const config = readConfig({ NODE_ENV: "test" });
  const connections = createConnections();
  const io = createIo(config, createOriginCheck(config), connections.onWebSocket);
  const httpServer = createServer();
  io.attach(httpServer);
  connections.install(io);
  installDoorRules(io, connections, createReading(createTurns(4)), NO_PACE);
  installPollingRequests(io, connections, {
    inFlight: createInFlight(),
    bodies: createHeldBodies(Number.MAX_SAFE_INTEGER, () => {}),
    addressOf: () => "203.0.113.7",
  });
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  onTestEnd(() => io.close());
  const connected = once<[Raw]>(io.engine, "connection");
  const { port } = httpServer.address() as AddressInfo;
  return { httpServer, connections, connected, url: `http://127.0.0.1:${port}` };
}

/** A connection that the server has closed while its client did not read what it was sent before. */
async function closing() {
  const { connections, connected, url } = await startServer();
  const client = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  onTestEnd(() => client.terminate());
  const [[raw]] = await Promise.all([connected, once(client, "open")]);
  const webSocket = connections.get(raw.id)?.webSocket;
  if (webSocket === undefined) throw new Error("no WebSocket");
  client.pause();
  // Until the kernel has taken all that it takes.
  await eventually(
    () => {
      const isFull = !raw.transport.writable;
      if (!isFull) raw.send(TEXT);
      expect(isFull).toBe(true);
    },
    { withinMs: 20_000 },
  );
  raw.send("the last words");
  raw.close();
  expect(raw.readyState).toBe("closing");
  return { client, webSocket, raw };
}

test.each(["send", "ping"] as const)(
  "a client that goes on with %s while it does not read the last words is not read either, until it does",
  async (way) => {
    const { client, webSocket, raw } = await closing();
    const heard: string[] = [];
    client.on("message", (data) => void heard.push(String(data).slice(0, 20)));
    expect(webSocket.isPaused).toBe(false);

    client[way]("4x");
    await eventually(() => expect(webSocket.isPaused).toBe(true));
    const closed = once(client, "close");
    client.resume();

    await closed;
    expect(heard.at(-1)).toBe("4the last words");
    expect(raw.readyState).toBe("closed");
  },
);

/** A session that polls, and that the server closes when it asks next. */
async function closingWhenItPolls() {
  const { httpServer, connections, connected, url } = await startServer();
  const sid = await openPollingSession(url);
  const [raw] = await connected;
  raw.close();
  expect(raw.readyState).toBe("closing");
  /** Its answer, to be awaited once the server has the request. */
  async function post(): Promise<{ answer: Promise<number> }> {
    const arrived = once(httpServer, "request");
    const answer = postPackets(url, sid, ["4x"]).then(
      ({ status }) => status,
      () => 0,
    );
    await arrived;
    return { answer };
  }
  return { raw, connections, post, poll: () => poll(url, sid) };
}

test("what a client that polls sends before it hears of its end is not read", async () => {
  const client = await closingWhenItPolls();
  const { answer } = await client.post();

  expect((await client.poll()).text).toBe("6\u001e1");

  expect([400, 200]).toContain(await answer); // 200 where the poll came a second later
  expect(client.raw.readyState).toBe("closed");
});

test("nor what it sends beside that", async () => {
  const client = await closingWhenItPolls();
  const sent = [await client.post(), await client.post(), await client.post()];
  await client.poll();

  const answers = await Promise.all(sent.map(({ answer }) => answer));
  expect(answers.filter((answer) => answer === 0)).toHaveLength(2);
});

test("a client that sends and does not poll is answered before its session ends", async () => {
  const client = await closingWhenItPolls();
  const { answer } = await client.post();

  expect(await answer).toBe(200);
  expect(client.raw.readyState).toBe("closing");
});

test("a client that polls and does not ask again is cut like any other", async () => {
  const { raw, connections } = await closingWhenItPolls();

  connections.get(raw.id)?.cut();

  expect(raw.readyState).toBe("closed");
  expect([...connections]).toEqual([]);
});
