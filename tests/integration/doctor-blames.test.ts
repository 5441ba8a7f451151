import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import type { Finding } from "../../src/cli/doctor/check.js";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { workersFinding } from "../../src/cli/doctor/workers.js";
import { changedProgram } from "../support/changed-program.js";
import { spawnNode } from "../support/child.js";
import { onTestEnd } from "../support/cleanup.js";
// Loaded before the checks: compiled meanwhile, they would take the time that a check has.
import "../../src/engine/stores/mongo-inspection.js";
import "../../src/engine/worker/inspected-stores.js";

/** For those that say nothing. */
const PATIENCE_MS = 500;

async function portOf(server: Server): Promise<string> {
  onTestEnd(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return String((server.address() as AddressInfo).port);
}

/** The port of what takes connections and says nothing, as a process that was stopped. */
function silent(): Promise<string> {
  const server = createServer((socket) => onTestEnd(() => void socket.destroy()));
  return portOf(server);
}

/** What a check finds with these variables; an error is what it could not be done for. */
async function found(
  name: string,
  environment: Record<string, string>,
  patienceMs = PATIENCE_MS,
): Promise<Finding | Error> {
  const all = { AUTH: "none", ADMIN_PORT: "0", PORT: "0", ...environment };
  const parts = { url: undefined, idleMs: 0, patienceMs, dateMs: Date.now };
  const check = checksOf({ environment: all, ...parts }).find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return await check.run().catch((error: Error) => error);
}

test("a MongoDB that hangs is the failure of its own check alone, which names its address", async () => {
  const MONGODB_URI = `mongodb://127.0.0.1:${await silent()}/?directConnection=true`;

  expect(await found("mongodb", { MONGODB_URI })).toMatchObject({
    message: expect.stringMatching(
      /^MongoDB at mongodb:\/\/127\.0\.0\.1:\d+.* \(MONGODB_URI\) gives no answer within 0\.5 s$/,
    ),
  });
  for (const name of ["indexes", "clock"])
    expect(await found(name, { MONGODB_URI })).toMatchObject({ status: "ok" });
});

test("a key server that hangs leaves the clocks of others to be compared", async () => {
  const AUTH_JWKS_URL = `http://127.0.0.1:${await silent()}/jwks`;
  const jwt = { AUTH: "jwt", AUTH_JWKS_URL, AUTH_ISSUER: "*", AUTH_AUDIENCE: "*" };

  expect(await found("clock", jwt)).toMatchObject({ status: "ok" });
});

test("a port whose worker hangs is told of with the section about workers that hang", async () => {
  expect(await found("port", { PORT: await silent() })).toMatchObject({
    status: "fail",
    message: expect.stringMatching(/is taken, and gives no answer within 0\.5 s$/),
    see: "docs/runbook.md#one-worker-is-hot-or-blocked",
  });
});

test.each([
  [{ status: "unavailable", mongo: "down" }, "fail", "mongodb-is-lost", /^look at the check of mongodb$/],
  [{ status: "degraded", redis: "down" }, "warn", "redis-is-lost", /^look at the check of redis$/],
  [{ status: "degraded", redis: "refused" }, "warn", "redis-is-lost", /^look at the check of redis$/],
  [{ status: "degraded", tokenKeys: "stale" }, "warn", "tokens-cannot-be-decided", /check of token keys$/],
  [{ status: "degraded", revocations: "stale" }, "warn", "tokens-cannot-be-decided", /check of mongodb$/],
])("an instance that says %j is told of with what is wrong", async (said, status, section, advice) => {
  const well = { instance: "i", mongo: "up", redis: "up", tokenKeys: "fresh", revocations: "fresh" };
  const health = { ...well, ...said };
  const [part = ""] = Object.keys(said).slice(1);
  const PORT = await portOf(createHttpServer((_request, response) => response.end(JSON.stringify(health))));

  expect(await found("port", { PORT }, 60_000)).toMatchObject({
    status,
    advice: expect.stringMatching(advice),
    see: `docs/runbook.md#${section}`,
    message: expect.stringContaining(health[part as keyof typeof health]),
  });
});

test("workers that end again and again are told of with the section about that", () => {
  const metrics = `realtime_worker_up{worker="1"} 1\nrealtime_worker_ends_total{worker="1"} 5\nprocess_start_time_seconds{worker="1"} 1000\n`;

  expect(workersFinding(metrics, 1_010_000)).toMatchObject({
    status: "warn",
    see: "docs/runbook.md#workers-crash-again-and-again",
  });
});

test("a worker out of open files is told of with the section about refused handshakes", () => {
  const metrics = `realtime_worker_up{worker="1"} 1\nprocess_open_fds{worker="1"} 290\nprocess_max_fds{worker="1"} 300\n`;

  expect(workersFinding(metrics, 0)).toMatchObject({
    status: "warn",
    see: "docs/runbook.md#handshakes-are-refused",
  });
});

test("a program that cannot be loaded is blamed on no store", async () => {
  const { main, change } = await changedProgram();
  await change("hello", "broken.feature.mjs");
  const env = { AUTH: "none", PORT: "0", MONGODB_URI: "mongodb://127.0.0.1:9" };
  const doctor = await spawnNode(join(dirname(main), "cli", "main.js"), { args: ["doctor", "--json"], env });

  await doctor.exited;
  const { checks } = JSON.parse(doctor.lines.map(({ text }) => text).join("\n"));
  expect(checks).toContainEqual({
    ...{ check: "mongodb", status: "fail", see: "docs/runbook.md#workers-crash-again-and-again" },
    message: "not looked at: the program cannot be loaded: a defect in a feature",
    advice: expect.any(String),
  });
});
