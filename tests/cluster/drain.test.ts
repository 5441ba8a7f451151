import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { isAlive } from "../support/process-table.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openRaw } from "./support/raw-connection.js";

const CLIENTS = 40;
const WINDOW_MS = 3000;
const UPGRADE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  "Host: shoal",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** Clients that note when and why they were disconnected. */
async function connectMany(url: string) {
  const ends: { readonly atMs: number; readonly reason: string }[] = [];
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) =>
      connectClient(url, { transports: [index % 4 === 0 ? "polling" : "websocket"], withinMs: 15_000 }),
    ),
  );
  for (const { socket } of clients) {
    socket.on("disconnect", (reason) => ends.push({ atMs: performance.now(), reason }));
  }
  return { clients, ends };
}

describe.each([1, 2])("SIGTERM to an instance with WORKERS=%i and a drain window", (workers) => {
  test("sends its clients away one after the other, in a way that lets them come back", async () => {
    const shoal = await spawnShoal({ workers, env: { DRAIN_WINDOW_MS: String(WINDOW_MS) } });
    const { ends } = await connectMany(shoal.url);
    const startMs = performance.now();

    await expect(shoal.stop()).resolves.toBe(0);

    expect(ends.map(({ reason }) => reason)).toEqual(
      Array.from({ length: CLIENTS }, () => "transport close"),
    );
    // Were they closed together, one fifth of the window would see them all. Chance alone stays far below half.
    const perSlice = new Array<number>(10).fill(0);
    for (const { atMs } of ends) {
      const slice = Math.min(9, Math.floor(((atMs - startMs) / WINDOW_MS) * 5));
      perSlice[slice] = (perSlice[slice] ?? 0) + 1;
    }
    expect(Math.max(...perSlice)).toBeLessThan(CLIENTS / 2);
    expect(complaints(shoal.logs)).toEqual([]);
  });

  test("refuses handshakes with 503 meanwhile, and serves requests and existing sessions", async () => {
    const shoal = await spawnShoal({ workers, env: { DRAIN_WINDOW_MS: "60000" } });
    const polling = await connectClient(shoal.url, { transports: ["polling"] });
    const websocket = await connectClient(shoal.url);
    process.kill(shoal.pid, "SIGTERM");
    await shoal.waitForLog(logged("draining"));

    const handshake = `${shoal.url}/socket.io/?EIO=4&transport=polling`;
    await eventually(async () => expect((await call(handshake)).status).toBe(503));
    const refused = await call(handshake);
    expect(refused.headers).toMatchObject({ "retry-after": "2", "content-type": "application/json" });
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: "temporary" } });
    const upgrade = await openRaw(shoal.url);
    await upgrade.sendPacket(`${UPGRADE.join("\r\n")}\r\n\r\n`);
    await expect(upgrade.receive(/^HTTP\/1.1 \d+ [\s\S]*}/)).resolves.toMatch(/^HTTP\/1.1 503 /);

    const hello = await call(`${shoal.url}/hello`);
    expect([hello.status, hello.headers.connection]).toEqual([200, "close"]);
    for (const { socket } of [polling, websocket]) {
      if (!socket.connected) continue; // it has had its turn already
      const left = emitAck(socket, "join", { room: "kitchen" });
      await expect(Promise.race([left, once(socket, "disconnect", 70_000)])).resolves.toBeDefined();
    }

    // Gone by themselves, the clients need no window.
    polling.socket.disconnect();
    websocket.socket.disconnect();
    await expect(shoal.expectExit(10_000)).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
  });
});

test("a second signal ends an instance that drains at once", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { DRAIN_WINDOW_MS: "60000" } });
  await connectClient(shoal.url);
  process.kill(shoal.pid, "SIGTERM");
  await shoal.waitForLog(logged("draining"));

  const exit = shoal.expectExit(5000);
  // What follows closely counts as an echo of the first.
  await eventually(() => {
    if (isAlive(shoal.pid)) process.kill(shoal.pid, "SIGTERM");
    expect(shoal.logs.some(logged("ended at once"))).toBe(true);
  });

  await expect(exit).resolves.toEqual({ code: 1, signal: null });
});

test("SIGTERM to all processes at once, as by a service manager, drains like SIGTERM to the primary", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { DRAIN_WINDOW_MS: String(WINDOW_MS) } });
  const { ends } = await connectMany(shoal.url);
  const startMs = performance.now();

  for (const pid of [shoal.pid, ...shoal.workerPids()]) process.kill(pid, "SIGTERM");

  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  expect(ends.map(({ reason }) => reason)).toEqual(Array.from({ length: CLIENTS }, () => "transport close"));
  expect(Math.max(...ends.map(({ atMs }) => atMs)) - startMs).toBeGreaterThan(WINDOW_MS / 2);
});

test("SIGTERM to all workers but not to the primary drains and replaces them, and no request of a session is refused", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { DRAIN_WINDOW_MS: "1000" } });
  const before = shoal.workerPids();
  const { ends } = await connectMany(shoal.url);

  for (const pid of before) process.kill(pid, "SIGTERM");

  await eventually(() => expect(ends).toHaveLength(CLIENTS), { withinMs: 20_000 });
  expect(ends.map(({ reason }) => reason)).toEqual(Array.from({ length: CLIENTS }, () => "transport close"));
  await eventually(
    () => {
      const now = shoal.workerPids();
      expect([now.length, now.filter((pid) => before.includes(pid))]).toEqual([2, []]);
    },
    { withinMs: 20_000 },
  );
  await eventually(() => connectClient(shoal.url), { withinMs: 20_000 });
  expect(complaints(shoal.logs)).toEqual([]);
});
