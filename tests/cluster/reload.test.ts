import { Agent } from "node:http";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { descendants, isAlive, processTable } from "../support/process-table.js";
import { launchShoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";
import { get, post } from "./support/two-workers.js";

test("SIGHUP replaces the workers one by one, with no request refused and no client lost", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { DRAIN_WINDOW_MS: "1000" } });
  const before = shoal.workerPids();
  const clients = await Promise.all(
    Array.from({ length: 12 }, () => connectClient(shoal.url, { reconnection: true, reconnectionDelay: 50 })),
  );
  const refused: unknown[] = [];
  let stopped = false;
  const requests = Array.from({ length: 4 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestEnd(() => agent.destroy());
    while (!stopped) {
      const { status } = await call(`${shoal.url}/hello`, { json: '{"name":"Ada"}' }).catch((error) => ({
        status: error,
      }));
      if (status !== 200) refused.push(status);
    }
  });
  for (const { socket } of clients) {
    socket.io.on("reconnect_error", (error) => refused.push(error));
    socket.on("disconnect", (reason) => {
      if (reason !== "transport close") refused.push(reason);
    });
  }
  const moved = clients.map(({ socket }) => once(socket, "disconnect", 30_000));

  process.kill(shoal.pid, "SIGHUP");
  await shoal.waitForLog(logged("all workers replaced"), { withinMs: 30_000 });
  await Promise.all(moved);
  stopped = true;
  await Promise.all(requests);

  expect(refused).toEqual([]);
  expect(before.filter(isAlive)).toEqual([]);
  await eventually(() => expect(shoal.workerPids()).toHaveLength(2));
  for (const { socket } of clients) {
    await eventually(() => expect(socket.connected).toBe(true));
    await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
  }
  expect(complaints(shoal.logs)).toEqual([]);
});

test("SIGHUP without a window leaves no request unanswered that comes on a connection of its own", async () => {
  const mongodbUri = (await startMongo()).uriFor();
  const shoal = await spawnShoal({ workers: 2, mongodbUri, env: { DRAIN_WINDOW_MS: "0" } });
  const sessions = await Promise.all(Array.from({ length: 16 }, () => openPollingSession(shoal.url)));
  let over = false;
  const answers = new Map<string, number>();
  /** As a proxy without keep-alive does. */
  async function ask(request: string): Promise<string> {
    const { closed, received, socket } = await openRaw(shoal.url);
    socket.write(request);
    const answered = eventually(() => expect(received()).toMatch(/\r\n\r\n/), { withinMs: 30_000 });
    await Promise.race([closed, answered.catch(() => {})]);
    socket.destroy();
    const status = /^HTTP\/1\.1 (\d+)/.exec(received())?.[1] ?? "none";
    answers.set(status, (answers.get(status) ?? 0) + 1);
    return status;
  }
  const clients = sessions.flatMap(({ path }) => [
    async () => {
      while (!over && (await ask(post(path, '42["message",{"body":1}]'))) === "200");
    },
    async () => {
      while (!over && (await ask(get(path))) === "200");
    },
  ]);
  const asking = clients.map((client) => client());
  await eventually(() => expect(answers.get("200")).toBeGreaterThan(50), { withinMs: 10_000 });

  process.kill(shoal.pid, "SIGHUP");
  await shoal.waitForLog(logged("all workers replaced"), { withinMs: 30_000 });
  over = true;
  await Promise.all(asking);

  expect([...answers.keys()].sort()).toEqual(["200", "404"]);
  expect(complaints(shoal.logs)).toEqual([]);
});

test("SIGHUP leaves the workers alone when a new one cannot start", async () => {
  const mongo = await startMongo();
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor() });
  const before = shoal.workerPids();
  const { socket } = await connectClient(shoal.url);
  await mongo.kill();

  process.kill(shoal.pid, "SIGHUP");
  const { text } = await shoal.waitForLog(logged("workers not replaced; the old ones serve on"));

  expect(text).toContain("MONGODB_URI");
  expect(shoal.workerPids()).toEqual(before);
  expect((await call(`${shoal.url}/hello`)).status).toBe(200);
  await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
});

test("SIGHUP does not harm an instance of one process that is just starting, which says then that it has no workers", async () => {
  const shoal = await launchShoal({ workers: 1 });
  await shoal.waitForLog(logged("embedded mongodb serves"), { withinMs: 20_000 });

  process.kill(shoal.pid, "SIGHUP");
  const { text, number } = await shoal.waitForLog(logged("workers not replaced; the old ones serve on"), {
    withinMs: 20_000,
  });

  expect(text).toContain("WORKERS");
  expect(shoal.logs.filter(logged("all workers replaced"))).toEqual([]);
  const ready = await shoal.waitForLog(logged("ready"));
  expect(ready.number).toBeLessThan(number);
  expect((await call(`${ready.fields.url}/hello`)).status).toBe(200);
});

test("SIGTERM in the middle of a SIGHUP ends the instance in good order", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { DRAIN_WINDOW_MS: "1000" } });
  await Promise.all(Array.from({ length: 8 }, () => connectClient(shoal.url)));

  process.kill(shoal.pid, "SIGHUP");
  await shoal.waitForLog(logged("replacing the workers"));
  await eventually(() => expect(shoal.logs.filter(logged("worker ready")).length).toBeGreaterThan(2));

  await expect(shoal.stop()).resolves.toBe(0);
  expect(complaints(shoal.logs)).toEqual([]);
});

test("SIGTERM in the middle of a SIGHUP does not wait for a new worker that boots", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  const before = new Set(descendants(shoal.pid).map(({ pid }) => pid));
  const primary = processTable().find(({ pid }) => pid === shoal.pid)?.command ?? "";

  process.kill(shoal.pid, "SIGHUP");
  const booting = await eventually(() => {
    // A process has its parent's command until it runs its own program, and the parent stands still as long.
    const found = descendants(shoal.pid).find(
      ({ pid, command }) => !before.has(pid) && !["", primary].includes(command),
    );
    if (found === undefined) throw new Error("no new process yet");
    return found.pid;
  });
  process.kill(booting, "SIGSTOP"); // it boots for ever

  await expect(shoal.stop()).resolves.toBe(0);
  expect(isAlive(booting)).toBe(false);
  expect(complaints(shoal.logs)).toEqual([]);
});
