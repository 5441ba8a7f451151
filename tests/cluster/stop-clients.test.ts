import { WebSocket } from "ws";
import { makeKey } from "../support/api-keys.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once, within } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw, type RawConnection } from "./support/raw-connection.js";
import { connectionAt, get } from "./support/two-workers.js";

// What a stop owes to those who are there, without a window for draining.

const HANDSHAKES = {
  polling: "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: shoal\r\n\r\n",
  websocket: [
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
  ].join("\r\n"),
};

test.each(
  (["polling", "websocket"] as const).flatMap((transport) =>
    [1, 2].map((workers) => ({ transport, workers })),
  ),
)(
  "SIGTERM while handshakes over $transport wait: each gets an answer (WORKERS=$workers)",
  async ({ transport, workers }) => {
    const shoal = await spawnShoal({ workers, env: { RATE_IP_HANDSHAKES: "10,20" } });
    const open: RawConnection[] = [];
    const ask = async () => {
      const connection = await openRaw(shoal.url);
      connection.socket.write(HANDSHAKES[transport]);
      open.push(connection);
      return connection;
    };
    const unanswered = () => open.filter(({ received }) => received() === "");
    // First those that are let in, then those that are refused at once, and then those that are refused after a while: of each worker.
    while (unanswered().length < 30) await ask();
    // Of those that come now, some are let in, one after the other.
    await eventually(async () => expect((await ask()).received()).toBe(""));

    process.kill(shoal.pid, "SIGTERM");
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    await Promise.all(open.map(({ closed }) => within(closed, 10_000, "the end of a connection")));

    const answers = new Set(open.map(({ received }) => received().split("\r\n", 1)[0]));
    expect([...answers].filter((line) => !/^HTTP\/1\.1 (101|200|429|503) /.test(line ?? ""))).toEqual([]);
    expect(complaints(shoal.logs)).toEqual([]);
  },
);

test.each([1, 2])(
  "SIGTERM while a client reads a large answer: it gets it whole (WORKERS=%i)",
  async (workers) => {
    const env = { MESSAGE_LIMIT_BYTES: "6000000", CLIENT_BACKLOG_BYTES: "16000000", RATE_USER_EVENTS: "off" };
    const shoal = await spawnShoal({ workers, env });
    const { socket } = await connectClient(shoal.url, { auth: { user: "ann" } });
    const body = "x".repeat(5_900_000);
    const messages = [{ id: "large", body }];
    await expect(emitAck(socket, "publish", { room: "large", messages })).resolves.toMatchObject({
      ok: true,
    });
    const reader = await openRaw(shoal.url);
    reader.socket.write("GET /rooms/large/messages HTTP/1.1\r\nHost: shoal\r\nX-User-Id: ben\r\n\r\n");
    await once(reader.socket, "data");
    reader.socket.pause();

    process.kill(shoal.pid, "SIGTERM");
    await shoal.waitForLog(logged("stopping"));
    await eventually(() => expect(openRaw(shoal.url)).rejects.toThrow("ECONNREFUSED"));
    reader.socket.resume();

    const answer = await within(reader.closed, 10_000, "the end of the answer");
    expect(answer.indexOf("}]") - answer.indexOf("xxx")).toBeGreaterThanOrEqual(body.length);
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
  },
);

test.each([1, 2])(
  "SIGTERM while a client that polls reads a large answer: it gets it whole (WORKERS=%i)",
  async (workers) => {
    const env = { MESSAGE_LIMIT_BYTES: "16000000", CLIENT_BACKLOG_BYTES: "32000000" };
    const shoal = await spawnShoal({ workers, env });
    const { path } = await openPollingSession(shoal.url);
    const { socket } = await connectClient(shoal.url);
    const reader = await openRaw(shoal.url);
    await reader.sendPacket(get(path));
    const body = "x".repeat(15_900_000);
    const begun = once(reader.socket, "data");
    await expect(emitAck(socket, "message", { body })).resolves.toMatchObject({ ok: true });
    await begun;
    reader.socket.pause();
    // Each worker has one, and ends it before it says good-bye to its clients.
    const silent = await Promise.all(Array.from({ length: 2 * workers }, () => openRaw(shoal.url)));

    process.kill(shoal.pid, "SIGTERM");
    await Promise.all(silent.map(({ closed }) => within(closed, 10_000, "the end of a silent connection")));
    reader.socket.resume();

    const answer = await within(reader.closed, 10_000, "the end of the answer");
    expect(answer.indexOf('"}]') - answer.indexOf("xxx")).toBeGreaterThanOrEqual(body.length);
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
  },
);

test.each([
  ["the worker of its session", 1],
  ["another worker", 2],
] as const)(
  "SIGTERM while packets of a client that polls come to %s: it hears that its session is over",
  async (_whom, workers) => {
    const shoal = await spawnShoal({ workers });
    const { path, worker } = await openPollingSession(shoal.url);
    const sender = await connectionAt(shoal, workers + 1 - worker);
    const before = sender.received().length;
    const [begin, rest] = ['42["message",', '{"body":1}]'];
    const length = begin.length + rest.length;
    await sender.sendPacket(
      `POST ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: ${length}\r\n\r\n${begin}`,
    );

    process.kill(shoal.pid, "SIGTERM");
    await within(once(sender.socket, "data"), 10_000, "an answer");
    sender.socket.write(rest);

    const answer = (await within(sender.closed, 10_000, "the end of the connection")).slice(before);
    expect(answer).toMatch(/^HTTP\/1\.1 404 .*\r\n\r\n{"code":1,"message":"Session ID unknown"}$/s);
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
  },
);

test.each([1, 2])(
  "SIGTERM while a publish comes to the private port: it is done (WORKERS=%i)",
  async (workers) => {
    const { key, entry } = makeKey("all");
    const shoal = await spawnShoal({ workers, env: { API_KEYS: JSON.stringify([entry]) } });
    const body = JSON.stringify({ items: [{ room: "den", id: "late", from: "ann", body: 1 }] });
    const publish = await openRaw(shoal.adminUrl);
    const head = [
      "POST /v1/publish HTTP/1.1",
      ...["Host: localhost", `Authorization: Bearer ${key}`, "Content-Type: application/json"],
      `Content-Length: ${body.length}`,
    ];
    await publish.sendPacket(`${head.join("\r\n")}\r\n\r\n${body.slice(0, 20)}`);
    // Each worker has one, and ends it before it waits for requests.
    const silent = await Promise.all(Array.from({ length: 2 * workers }, () => openRaw(shoal.url)));

    process.kill(shoal.pid, "SIGTERM");
    await Promise.all(silent.map(({ closed }) => within(closed, 10_000, "the end of a silent connection")));
    publish.socket.write(body.slice(20));

    const answer = await within(publish.closed, 10_000, "the answer");
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"seq":1');
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
  },
);

test.each([1, 2])(
  "a client that is gone without a word does not keep an instance from ending (WORKERS=%i)",
  async (workers) => {
    const shoal = await spawnShoal({ workers, env: { SHUTDOWN_TIMEOUT_MS: "4000" } });
    const webSocket = new WebSocket(
      `${shoal.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    );
    onTestEnd(() => webSocket.terminate());
    await once(webSocket, "open");
    webSocket.pause(); // it never answers the good-bye

    process.kill(shoal.pid, "SIGTERM");

    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
  },
);
