import { Agent } from "node:http";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { fixture } from "../support/program-path.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, neverHappens } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call, health } from "./support/http-call.js";
import { startLoad } from "./support/load.js";
import { openPollingSession } from "./support/polling-session.js";

const WORKERS = 3;
let shoal: Shoal;

beforeAll(async () => {
  shoal = await spawnShoal({ workers: WORKERS, env: { ROUTING: "sticky" } });
});

afterEach(() => {
  expect(complaints(shoal.logs)).toEqual([]);
  expect(shoal.workerPids()).toHaveLength(WORKERS);
});

/** Numbers from 0. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test("polling-only clients stay connected over many requests, on all workers", async () => {
  const clients = await Promise.all(
    upTo(24).map(() => connectClient(shoal.url, { transports: ["polling"], withinMs: 15_000 })),
  );
  expect(new Set(clients.map(({ session }) => session.worker))).toEqual(new Set([1, 2, 3]));

  const talks = clients.map(async ({ socket, session }, index) => {
    const talk = async () => {
      for (const round of upTo(8)) {
        const room = `room-${index}-${round}`;
        await expect(emitAck(socket, "join", { room }, 15_000)).resolves.toEqual({ ok: true, room });
      }
    };
    await neverHappens(socket, "disconnect", talk());
    expect(socket.io.engine.transport.name).toBe("polling");
    expect(socket.id).toBe(session.id);
  });
  await Promise.all(talks);
});

test("clients that begin with polling upgrade to WebSocket within the same session", async () => {
  const clients = await Promise.all(
    upTo(12).map(() => connectClient(shoal.url, { transports: ["polling", "websocket"] })),
  );
  for (const { socket, session } of clients) {
    await neverHappens(
      socket,
      "disconnect",
      eventually(() => expect(socket.io.engine.transport.name).toBe("websocket")),
    );
    await expect(emitAck(socket, "leave", { room: "none" })).resolves.toMatchObject({ ok: true });
    expect(socket.id).toBe(session.id);
  }
});

test("an agent that keeps connections alive can mix sessions of different workers with other requests", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(() => agent.destroy());
  const sessions = [await openPollingSession(shoal.url, agent), await openPollingSession(shoal.url, agent)];
  sessions.push(await openPollingSession(shoal.url, agent));
  expect(new Set(sessions.map(({ worker }) => worker)).size).toBeGreaterThan(1);

  for (const round of upTo(10)) {
    for (const session of sessions) {
      await session.send(`42${round}["join",{"room":"mixed"}]`);
      await expect(call(`${shoal.url}/hello`, { agent })).resolves.toMatchObject({ status: 200 });
      await expect(session.poll()).resolves.toEqual([`43${round}[{"ok":true,"room":"mixed"}]`]);
    }
  }
});

test("plain HTTP requests are spread evenly over the workers", async () => {
  const counts = new Map<number, number>();
  for (const _ of upTo(30)) {
    const { worker } = await health(shoal.url);
    counts.set(worker, (counts.get(worker) ?? 0) + 1);
  }
  expect(Object.fromEntries(counts)).toEqual({ 1: 10, 2: 10, 3: 10 });
});

describe("when a worker is killed", () => {
  let mortal: Shoal;

  beforeAll(async () => {
    mortal = await spawnShoal({ workers: 2, env: { ROUTING: "sticky" } });
  });

  test("it takes no session of another one with it, though all clients share connections", async () => {
    const clients = await Promise.all(
      upTo(12).map(() => connectClient(mortal.url, { transports: ["polling"], withinMs: 15_000 })),
    );
    const others = clients.filter(({ session }) => session.worker !== 1);
    expect(others).not.toHaveLength(clients.length);
    let disconnects = 0;
    for (const { socket } of others) socket.on("disconnect", () => disconnects++);
    const talk = startLoad(async (round) => {
      const { socket } = others[round % others.length] as Client;
      await expect(emitAck(socket, "leave", { room: "none" })).resolves.toMatchObject({ ok: true });
    }, 4);
    await eventually(() => expect(talk.succeeded).toBeGreaterThan(20));

    const ready = mortal.waitForLog(logged("worker ready", { worker: 1 }), {
      after: mortal.logs.at(-1),
      withinMs: 15_000,
    });
    process.kill(mortal.workers().get(1) ?? 0, "SIGKILL");
    await ready;
    const after = talk.succeeded;
    await eventually(() => expect(talk.succeeded).toBeGreaterThan(after + 20));
    await talk.stop();
    expect({ failures: talk.failures, disconnects }).toEqual({ failures: [], disconnects: 0 });
  });
});

describe("on a channel between the processes that is slow", () => {
  let slow: Shoal;

  beforeAll(async () => {
    slow = await spawnShoal({
      workers: 2,
      env: { ROUTING: "sticky", NODE_OPTIONS: `--require ${fixture("slow-channel.cjs")}` },
    });
  });

  test("a session can be used as soon as the client knows of it", async () => {
    const sessions = await Promise.all(upTo(6).map(() => openPollingSession(slow.url)));
    expect(new Set(sessions.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(complaints(slow.logs)).toEqual([]);
  });

  test("a client that begins with WebSocket is heard from its first packet on", async () => {
    const clients = await Promise.all(upTo(6).map(() => connectClient(slow.url)));
    expect(new Set(clients.map(({ session }) => session.worker))).toEqual(new Set([1, 2]));
  });
});
