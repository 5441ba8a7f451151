import { readdir } from "node:fs/promises";
import { connectClient } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { descendants, isAlive, signalIfAlive } from "../support/process-table.js";
import { type LaunchedShoal, launchShoal, type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually, once, within } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { openHalfPost } from "./support/half-post.js";
import { call } from "./support/http-call.js";
import { openRaw } from "./support/raw-connection.js";

// Code 0 also tells that an instance ended in time: at the end of SHUTDOWN_TIMEOUT_MS it would have ended with 1.

/** All processes of an instance, as they are now. */
const processesOf = ({ pid }: LaunchedShoal) => [pid, ...descendants(pid).map((child) => child.pid)];

/** Expects that none of the processes `family` is left, nor anything in the instance's TMPDIR. */
async function expectNothingLeft(shoal: LaunchedShoal, family: readonly number[]): Promise<void> {
  await eventually(() => expect(family.filter(isAlive)).toEqual([]), { withinMs: 10_000 });
  await eventually(async () => expect(await readdir(shoal.tmpDir)).toEqual([]));
}

async function expectPortFree({ url }: Shoal): Promise<void> {
  await expect(call(`${url}/hello`)).rejects.toThrow("ECONNREFUSED");
}

/**
 * Sends the signal to all processes of the instance, as a terminal or a service manager does. The first of
 * them may end others before their own signal is sent.
 */
function signalAll(shoal: LaunchedShoal, signal: NodeJS.Signals): number[] {
  const family = processesOf(shoal);
  for (const pid of family) signalIfAlive(pid, signal);
  return family;
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s refuses new connections, finishes open requests and ends with code 0 and without a trace",
  async (signal) => {
    const shoal = await spawnShoal({ workers: 2, env: { SHUTDOWN_TIMEOUT_MS: "6000" } });
    const family = processesOf(shoal);
    const clients = [
      await connectClient(shoal.url),
      await connectClient(shoal.url),
      await connectClient(shoal.url, { transports: ["polling"] }),
    ];
    const silent = await openRaw(shoal.url);
    const halves = [await openHalfPost(shoal.url), await openHalfPost(shoal.url)];
    await silent.sendPacket("GET /he");
    const disconnected = clients.map(({ socket }) => once(socket, "disconnect", 10_000));

    process.kill(shoal.pid, signal);
    await shoal.waitForLog(logged("stopping", { signal }));
    await eventually(() => expectPortFree(shoal));
    expect(family.filter(isAlive)).toEqual(family);
    for (const half of halves) await half.finish();

    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    await Promise.all(disconnected);
    await within(silent.closed, 1000, "the end of a silent connection");
    expect(shoal.logs.filter(logged("stopped"))).toHaveLength(1);
    expect(complaints(shoal.logs)).toEqual([]);
    await expectNothingLeft(shoal, family);
    await expectPortFree(shoal);
  },
);

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s to all its processes at once ends an instance in the same good order",
  async (signal) => {
    const shoal = await spawnShoal({ workers: 2 });
    const half = await openHalfPost(shoal.url);
    await half.sendPacket("");
    const family = signalAll(shoal, signal);
    await shoal.waitForLog(logged("stopping", { signal }));
    await eventually(() => expectPortFree(shoal));
    await half.finish();

    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    expect(complaints(shoal.logs)).toEqual([]);
    await expectNothingLeft(shoal, family);
  },
);

test("a request that does not end is cut off in time, with code 0", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { SHUTDOWN_TIMEOUT_MS: "3000" } });
  const half = await openHalfPost(shoal.url);
  await half.sendPacket("");
  const family = processesOf(shoal);
  process.kill(shoal.pid, "SIGTERM");

  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  await within(half.closed, 1000, "the end of the request");
  expect(shoal.logs.filter(logged("requests cut off by the shutdown timeout", { requests: 1 }))).toHaveLength(
    1,
  );
  expect(complaints(shoal.logs)).toEqual([]);
  await expectNothingLeft(shoal, family);
});

test("a second signal ends the instance at once with code 1, but not the echo of the first one", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  const half = await openHalfPost(shoal.url);
  await half.sendPacket("");
  const family = processesOf(shoal);
  for (const echo of ["SIGINT", "SIGINT", "SIGTERM"] as const) process.kill(shoal.pid, echo);
  await shoal.waitForLog(logged("stopping"));
  await eventually(() => expectPortFree(shoal));
  expect(shoal.logs.filter(logged("ended at once"))).toEqual([]);

  await eventually(() => {
    if (isAlive(shoal.pid)) process.kill(shoal.pid, "SIGTERM");
    expect(shoal.logs.filter(logged("ended at once", { reason: "second signal" }))).toHaveLength(1);
  });
  await expect(shoal.expectExit()).resolves.toEqual({ code: 1, signal: null });
  expect(shoal.logs.filter(logged("stopped"))).toEqual([]);
  await within(half.closed, 1000, "the end of the request");
  await expectNothingLeft(shoal, family);
});

test("when the primary is killed with -9, its workers and its MongoDB end by themselves", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  await connectClient(shoal.url);
  const family = processesOf(shoal);
  expect(family.length).toBeGreaterThanOrEqual(4);
  await shoal.killPrimary();
  await expectNothingLeft(shoal, family);
  await expectPortFree(shoal);
});

test("when the primary is killed with -9 while its workers load, nothing is left of the instance", async () => {
  const { uriFor } = await startMongo();
  const shoal = await launchShoal({ workers: 2, mongodbUri: uriFor() });
  const family = await eventually(() => {
    const all = processesOf(shoal);
    expect(all).toHaveLength(3);
    return all;
  });

  await shoal.killPrimary();

  expect(shoal.logs.filter(logged("worker ready"))).toEqual([]);
  await expectNothingLeft(shoal, family);
  expect(complaints(shoal.logs)).toEqual([]);
});

test("a worker that hangs does not keep an instance from ending in time", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { SHUTDOWN_TIMEOUT_MS: "12000" } });
  const [hung = 0] = shoal.workerPids();
  process.kill(hung, "SIGSTOP");
  const waiting = await Promise.all([openHalfPost(shoal.url), openHalfPost(shoal.url)]);
  const family = processesOf(shoal);
  process.kill(shoal.pid, "SIGTERM");

  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  await Promise.all(waiting.map(({ closed }) => within(closed, 1000, "the end of a request")));
  expect(complaints(shoal.logs)).toEqual([
    expect.stringContaining("workers killed: they did not stop in time"),
  ]);
  await expectNothingLeft(shoal, family);
});

test("a replacement that boots does not keep an instance from ending", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  const [victim = 0] = shoal.workerPids();
  process.kill(victim, "SIGKILL");
  await shoal.waitForLog(logged("worker ended", { kind: "killed" }));
  await eventually(() => expect(processesOf(shoal)).toHaveLength(4)); // MongoDB and two workers again
  const family = processesOf(shoal);
  process.kill(shoal.pid, "SIGTERM");

  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  expect(complaints(shoal.logs)).toEqual([expect.stringContaining('"kind":"killed"')]);
  await expectNothingLeft(shoal, family);
});

describe("a signal during the start ends it with code 0, nothing being announced or left", () => {
  /** With no complaint but those that match `allowed`. */
  async function expectQuietEnd(
    shoal: LaunchedShoal,
    family: readonly number[],
    allowed = /^$/,
  ): Promise<void> {
    await expect(shoal.expectExit(60_000)).resolves.toEqual({ code: 0, signal: null });
    expect(shoal.logs.filter(logged("ready"))).toEqual([]);
    expect(complaints(shoal.logs).filter((text) => !allowed.test(text))).toEqual([]);
    await expectNothingLeft(shoal, family);
  }

  /** A busy machine's workers take long to load, and they end when they have. */
  const PATIENT = { SHUTDOWN_TIMEOUT_MS: "60000" };

  test("SIGTERM while the workers are forked", async () => {
    const shoal = await launchShoal({ workers: 3, env: PATIENT });
    await shoal.waitForLog(logged("embedded mongodb serves"));
    const family = processesOf(shoal);
    process.kill(shoal.pid, "SIGTERM");
    await expectQuietEnd(shoal, family);
  });

  test.each([1, 2])(
    "SIGTERM while the embedded MongoDB hangs as it opens its data (WORKERS=%i)",
    async (workers) => {
      const shoal = await launchShoal({ workers });
      const host = await eventually(() => {
        const found = descendants(shoal.pid).find(({ command }) =>
          command.includes("embedded-mongodb/host.js"),
        );
        expect(found).toBeDefined();
        return found?.pid ?? 0;
      });
      process.kill(host, "SIGSTOP");
      process.kill(shoal.pid, "SIGTERM");
      await expectQuietEnd(shoal, [host]);
    },
  );

  test("SIGTERM while the workers wait for a MongoDB that does not answer", async () => {
    const mongo = await startTcpProxy({ target: { host: "127.0.0.1", port: 1 } });
    mongo.set("blackhole");
    const shoal = await launchShoal({ workers: 2, mongodbUri: `mongodb://${mongo.host}:${mongo.port}/test` });
    await eventually(() => expect(mongo.accepted).toBeGreaterThan(0), { withinMs: 10_000 });
    const family = processesOf(shoal);
    process.kill(shoal.pid, "SIGTERM");
    await expectQuietEnd(shoal, family, /"msg":"mongodb connection error"/);
  });

  test("Ctrl-C to all processes while the workers boot", async () => {
    const shoal = await launchShoal({ workers: 3, env: PATIENT });
    await shoal.waitForLog(logged("embedded mongodb serves"));
    await eventually(() => expect(processesOf(shoal).length).toBeGreaterThanOrEqual(5));
    await expectQuietEnd(shoal, signalAll(shoal, "SIGINT"));
  });
});
