import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";
import { type Line, logged } from "../support/line-log.js";
import { startStopwatch } from "../support/machine-time.js";
import { startMongo } from "../support/mongo.js";
import { launchShoal, type ShoalOptions } from "../support/spawn-shoal.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually, once } from "../support/wait.js";

/**
 * Expects that the instance ends with code 1, says why in one line and leaves nothing behind (the teardown looks for
 * processes). Returns how long that took, in milliseconds of the machine's time, and all that was logged.
 */
async function expectFailure(
  options: ShoalOptions,
  reason: string | RegExp,
): Promise<{ tookMs: number; logs: readonly Line[] }> {
  const passedMs = startStopwatch();
  const shoal = await launchShoal(options);
  await expect(shoal.expectExit()).resolves.toEqual({ code: 1, signal: null });
  const tookMs = passedMs();
  const telling = shoal.logs.filter(({ fields }) => fields.level === "fatal");
  expect(telling.map(({ fields }) => fields.msg)).toEqual([expect.stringMatching(reason)]);
  expect(telling[0]?.fields).not.toHaveProperty("err");
  expect(shoal.logs.filter(({ stream }) => stream === "stderr")).toEqual([]);
  expect(shoal.logs.filter(({ fields }) => fields.msg === "ready")).toEqual([]);
  await expect(readdir(shoal.tmpDir)).resolves.toEqual([]);
  return { tookMs, logs: shoal.logs };
}

describe.each([1, 2])("with WORKERS=%i", (workers) => {
  test("a MongoDB that refuses connections ends the start within 5 s, and the URI is named without its password", async () => {
    const port = await freePort();
    const mongodbUri = `mongodb://root:geheim@127.0.0.1:${port}/shoal?authSource=admin`;
    const said = new RegExp(`^Cannot reach MongoDB at mongodb://\\*\\*\\*@127.0.0.1:${port}/shoal `);
    const { tookMs, logs } = await expectFailure({ workers, mongodbUri }, said);
    expect(tookMs).toBeLessThan(5000);
    // Nobody was connected.
    expect(logs.filter(({ text }) => /disconnected/.test(text))).toEqual([]);
  });

  test("a MongoDB that accepts connections and never answers ends the start after 6 s of silence", async () => {
    const proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: await freePort() } });
    proxy.set("blackhole");
    const mongodbUri = `mongodb://root:geheim@${proxy.host}:${proxy.port}/shoal`;
    const said = new RegExp(`^Cannot reach MongoDB at mongodb://\\*\\*\\*@127.0.0.1:${proxy.port}/shoal `);
    const attempt = () => expect(proxy.accepted).toBeGreaterThan(0);
    const attempted = eventually(attempt, { withinMs: 20_000 }).then(startStopwatch);
    await expectFailure({ workers, mongodbUri }, said);
    const passedMs = await attempted;
    expect(passedMs()).toBeLessThan(7500);
  });

  test("a MongoDB URI that is none ends the start, and no worker says that it is ready", async () => {
    const mongodbUri = "mongodb://root:geheim@db:abc/shoal";
    const { logs } = await expectFailure({ workers, mongodbUri }, /MONGODB_URI is not valid: .*db:abc/);
    expect(logs.filter(logged("worker ready"))).toEqual([]);
    expect(logs.filter(({ text }) => text.includes("geheim"))).toEqual([]);
  });

  test("a port in use is named before a database or a worker is begun", async () => {
    const server = createServer();
    onTestEnd(() => server.close());
    const listening = once(server, "listening");
    server.listen(0, "127.0.0.1");
    await listening;
    const { port } = server.address() as AddressInfo;
    const env = { PORT: String(port), DATA_DIR: join(await tempDir("data"), "new"), LOG_LEVEL: "debug" };
    const { logs } = await expectFailure({ workers, env }, `^PORT ${port} is already in use on 127.0.0.1$`);
    expect(existsSync(env.DATA_DIR)).toBe(false);
    expect(logs.filter(logged("worker forked"))).toEqual([]);
  });

  test("an admin port in use is named before a database or a worker is begun", async () => {
    const server = createServer();
    onTestEnd(() => server.close());
    const listening = once(server, "listening");
    server.listen(0, "127.0.0.1");
    await listening;
    const { port } = server.address() as AddressInfo;
    const env = {
      ADMIN_PORT: String(port),
      DATA_DIR: join(await tempDir("data"), "new"),
      LOG_LEVEL: "debug",
    };
    const { logs } = await expectFailure(
      { workers, env },
      `^ADMIN_PORT ${port} is already in use on 127.0.0.1$`,
    );
    expect(existsSync(env.DATA_DIR)).toBe(false);
    expect(logs.filter(logged("worker forked"))).toEqual([]);
  });

  test("an address that is not this machine's is named", async () => {
    const env = { HOST: "203.0.113.9" }; // RFC 5737: for documentation, nobody has it
    await expectFailure({ workers, env }, "^HOST 203.0.113.9 is not an address of this machine$");
  });

  test("a data directory that is a file is named", async () => {
    const path = join(await tempDir("data"), "file");
    await writeFile(path, "");
    await expectFailure({ workers, env: { DATA_DIR: path } }, `^DATA_DIR ${path} `);
  });

  test("production without MONGODB_URI is refused", async () => {
    const env = { NODE_ENV: "production", AUTH: "none" };
    const said = "^Bad configuration: MONGODB_URI is required when NODE_ENV is production$";
    await expectFailure({ workers, env }, said);
  });

  test("production without AUTH is refused", async () => {
    const env = { NODE_ENV: "production", MONGODB_URI: "mongodb://127.0.0.1:1/shoal" };
    const said = "^Bad configuration: AUTH is required when NODE_ENV is production: jwt .*, none .*$";
    await expectFailure({ workers, env }, said);
  });

  test("a file of secrets that is not there is named", async () => {
    const env = { AUTH: "jwt", AUTH_SECRET_FILE: join(await tempDir("secret"), "none") };
    await expectFailure(
      { workers, env },
      "AUTH_SECRET_FILE names a file that cannot be used: it cannot be read: ENOENT \\(/.*/none\\)$",
    );
  });
});

test.each([1, 2])(
  "a TMPDIR that is too long for the addresses of sockets is named, and nothing is left in it or beside it (WORKERS=%i)",
  async (workers) => {
    const parent = await tempDir("long");
    const TMPDIR = join(parent, "x".repeat(100));
    await mkdir(TMPDIR);
    const { uriFor } = await startMongo();
    const said = `^TMPDIR ${TMPDIR} is \\d+ bytes too long`;
    await expectFailure({ workers, mongodbUri: uriFor(), env: { TMPDIR } }, said);
    await expect(readdir(TMPDIR)).resolves.toEqual([]);
    await expect(readdir(parent)).resolves.toEqual([basename(TMPDIR)]);
  },
);

test("all problems of the configuration are told in one line, without the values", async () => {
  const env = {
    PORT: "98765",
    WORKERS: "many",
    REDIS_URL: "http://u:geheim@h",
    LOG_LEVEL: "loud",
    MONGODB_URI: "x",
  };
  const options = Object.keys(env).map((name) => `(?=.*\\b${name} )`);
  const said = new RegExp(`^Bad configuration: ${options.join("")}(?!.*(98765|many|geheim|loud))`);
  await expectFailure({ env }, said);
});

test.each([
  ["is refused", { NODE_ENV: "production", AUTH: "none" }, "^Bad configuration: MONGODB_URI is required"],
  ["fails later", { HOST: "203.0.113.9", PORT: "3000" }, "^HOST "],
])("a misspelt variable is told once, without its value, when the start %s", async (_what, env, reason) => {
  const { logs } = await expectFailure({ env: { ...env, MONGO_URI: "mongodb://geheim" } }, reason);
  const warnings = logs.filter(({ fields }) => fields.level === "warn" && /MONGO_URI/.test(`${fields.msg}`));
  expect(warnings.map(({ fields }) => fields.msg)).toEqual([
    "MONGO_URI is no variable of Shoal: was MONGODB_URI meant?",
  ]);
  expect(logs.filter(({ text }) => text.includes("geheim"))).toEqual([]);
});
