import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { spaceFinding } from "../../src/cli/doctor/machine.js";
import { workersFinding } from "../../src/cli/doctor/workers.js";
import { closeWith, NO_ROOM } from "../../src/engine/http/close-with.js";
import { TEXT } from "../../src/engine/metrics/exposition.js";
import { createInstanceMetrics } from "../../src/engine/metrics/instance-metrics.js";
import { onTestEnd } from "../support/cleanup.js";
import { tempDir } from "../support/temp-dir.js";

// A whole second, as start times of processes are: the ages are exact.
const NOW_MS = 1_800_000_000_000;

async function portOf(server: Server): Promise<string> {
  onTestEnd(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return String((server.address() as AddressInfo).port);
}

/** What the check finds with these variables. */
async function found(name: string, environment: Record<string, string>) {
  const all = { AUTH: "none", ADMIN_PORT: "0", PORT: "0", ...environment };
  const checks = checksOf({
    environment: all,
    url: undefined,
    idleMs: 0,
    patienceMs: 60_000,
    dateMs: Date.now,
  });
  return checks.find((check) => check.name === name)?.run();
}

/** What the private port tells of two workers, of which these answer. */
async function metricsOf(answering: readonly number[], ends = 0): Promise<string> {
  const metrics = createInstanceMetrics({
    workers: 2,
    isDraining: () => false,
    measure: async () => ({
      workers: new Map(answering.map((slot) => [slot, []])),
      leaving: new Map(),
      restarts: new Map([[1, 3]]),
      ends: new Map([[1, ends]]),
    }),
  });
  return metrics.text(TEXT);
}

test("a worker that hangs is a failure, although the others answer for the instance", async () => {
  const text = `${await metricsOf([2])}\n# ${"x".repeat(200_000)}\n`;
  const ADMIN_PORT = await portOf(createHttpServer((_request, response) => response.end(text)));

  await expect(found("workers", { ADMIN_PORT })).resolves.toMatchObject({
    status: "fail",
    message: expect.stringMatching(/^no answer of worker 1 of 2:/),
  });
});

test("all is well with workers that answer, and it is said how often they were replaced", async () => {
  expect(workersFinding(await metricsOf([1, 2]), NOW_MS)).toEqual({
    status: "ok",
    message: "all 2 answer; 3 were replaced since the start",
  });
});

test("without an instance nothing is said of workers, and a private port that breaks off is a warning", async () => {
  const ADMIN_PORT = await portOf(createServer((socket) => socket.destroy()));

  await expect(found("workers", { ADMIN_PORT: "9" })).resolves.toMatchObject({ status: "ok" });
  await expect(found("workers", { ADMIN_PORT })).resolves.toMatchObject({
    status: "warn",
    message: expect.stringContaining("the private port does not answer"),
  });
});

test("a process that is nearly out of open files is a warning", async () => {
  const files = (open: number) =>
    `process_open_fds{worker="1"} ${open}\nprocess_max_fds{worker="1"} 300\nprocess_open_fds{worker="2"} 50\nprocess_max_fds{worker="2"} 300\n`;
  const metrics = await metricsOf([1, 2]);

  expect(workersFinding(metrics + files(225), NOW_MS).status).toBe("ok");
  expect(workersFinding(metrics + files(235), NOW_MS)).toMatchObject({
    status: "warn",
    message: expect.stringMatching(/all answer, and worker 1 has 235 of 300 open files:/),
  });
});

test("the limit of open files is that of the instance, also while there are plenty", async () => {
  const of = (process: string, limit: number) =>
    `process_open_fds{worker="${process}"} 30\nprocess_max_fds{worker="${process}"} ${limit}\n`;
  const metrics = await metricsOf([1, 2], 3);
  const told = (text: string, agoS = 3600) =>
    workersFinding(
      `${metrics}${text}process_start_time_seconds{worker="1"} ${NOW_MS / 1000 - agoS}\n`,
      NOW_MS,
    );
  const alike = of("1", 4096) + of("2", 4096) + of("primary", 4096);

  expect(told(alike)).toEqual({
    status: "ok",
    message: "all 2 answer, and may have 4096 open files each; 3 were replaced since the start",
  });
  expect(told(alike, 30)).toMatchObject({
    status: "warn",
    message: expect.stringMatching(/^all 2 answer, and may have 4096 open files each; worker 1 has ended/),
  });
  // That of workers counts, and of these the least: the primary holds no connections.
  expect(told(of("1", 2048) + of("2", 4096) + of("primary", 256)).message).toContain("may have 2048 open");
});

test("workers that end again and again are a warning, until the newest has lived for ten minutes", async () => {
  const metrics = await metricsOf([1, 2], 3);
  const started = (agoS: number) => `process_start_time_seconds{worker="1"} ${NOW_MS / 1000 - agoS}\n`;

  expect(workersFinding(metrics + started(30), NOW_MS)).toMatchObject({
    status: "warn",
    message: "all 2 answer; worker 1 has ended 3 times; the present one started 30 s ago",
  });
  expect(workersFinding(metrics + started(601), NOW_MS).status).toBe("ok");
  const reloaded = await metricsOf([1, 2], 0); // of which worker 1 was replaced three times, too
  expect(workersFinding(reloaded + started(30), NOW_MS).status).toBe("ok");
});

test("a data directory that is a file, or would lie below one, is named before a start finds it", async () => {
  const file = join(await tempDir("doctor"), "file");
  await writeFile(file, "");

  for (const DATA_DIR of [file, join(file, "below")])
    await expect(found("data dir", { DATA_DIR })).resolves.toMatchObject({
      status: "fail",
      message: expect.stringContaining(`DATA_DIR ${DATA_DIR} cannot be made: ${file} is not a directory`),
    });
  await expect(found("data dir", { DATA_DIR: join(dirname(file), "new") })).resolves.toMatchObject({
    status: "ok",
  });
});

test.each([
  [200, "fail"],
  [499, "fail"],
  [500, "warn"],
  [1023, "warn"],
  [1024, "ok"],
])("of %i MiB free for the embedded MongoDB the verdict is %s", (freeMib, status) => {
  const finding = spaceFinding("/data", freeMib * 1024 * 1024);

  expect(finding).toMatchObject({ status, message: expect.stringContaining(`${freeMib} MiB free`) });
  // 500 MiB is what mongod wants at its start.
  if (status === "fail") expect(finding.message).toContain("MongoDB does not start with less than 500 MiB");
});

test("a Shoal that has no room for a connection is not taken for something else, which is to be ended", async () => {
  const full = createServer((socket) => closeWith(socket, NO_ROOM));

  await expect(found("port", { PORT: await portOf(full) })).resolves.toMatchObject({
    status: "fail",
    message: expect.stringContaining("answers 503 as a Shoal does that can take no connection"),
    advice: expect.stringContaining("do not end it"),
  });
});
