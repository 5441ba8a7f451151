import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent } from "node:http";
import { join } from "node:path";
import { freePort } from "../../tools/shared/ports.js";
import { type Child, spawnProgram } from "../support/child.js";
import { onEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { descendants, isAlive } from "../support/process-table.js";
import { distFile } from "../support/program-path.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";
import { call } from "./support/http-call.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

interface Deaf {
  readonly url: string;
  readonly child: Child;
}

/** An instance whose output goes elsewhere: `shell` is the shell's command around `"$@"`, which is the instance. */
async function start(workers: number, shell: string): Promise<Deaf> {
  const port = await freePort();
  const child = await spawnProgram("bash", {
    args: ["-c", shell, "bash", process.execPath, distFile("main.js")],
    env: {
      PORT: String(port),
      HOST: "127.0.0.1",
      ADMIN_PORT: "0",
      WORKERS: String(workers),
      MONGODB_URI: mongo.uriFor(),
      TMPDIR: await tempDir("tmp"),
    },
    stopWithinMs: 15_000,
  });
  return { url: `http://127.0.0.1:${port}`, child };
}

async function expectServing({ url }: Pick<Deaf, "url">): Promise<void> {
  const look = async () => expect((await call(`${url}/hello`)).status).toBe(200);
  await eventually(look, { withinMs: 30_000, everyMs: 100 });
}

/** More lines than a pipe takes. Over 20 connections, which both workers get: one for each line costs more than the line. */
async function makeLines({ url }: Pick<Deaf, "url">): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  try {
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => call(`${url}/hello`, { agent })));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }
  } finally {
    agent.destroy();
  }
}

async function makePipe(): Promise<{ readonly path: string; close(): void }> {
  const path = join(await tempDir("pipe"), "log");
  execFileSync("mkfifo", [path]);
  const held = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return { path, close: () => closeSync(held) };
}

test("an instance whose log goes to a socket that nobody reads reloads, serves and ends", async () => {
  const port = await freePort();
  // Node's pipes to a child are sockets; without a listener it reads some 64 KiB at most.
  const child = spawn(process.execPath, [distFile("main.js")], {
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      ...process.env,
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_PORT: "0",
      WORKERS: "2",
      MONGODB_URI: mongo.uriFor(),
      TMPDIR: await tempDir("tmp"),
    },
  });
  onEnd(async () => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const deaf = { url: `http://127.0.0.1:${port}` };
  await expectServing(deaf);
  await makeLines(deaf);
  await makeLines(deaf);

  const before = descendants(child.pid ?? 0).map(({ pid }) => pid);
  expect(before).toHaveLength(2);
  child.kill("SIGHUP");
  await eventually(() => expect(before.some(isAlive)).toBe(false), { withinMs: 30_000 });
  await makeLines(deaf);
  child.kill("SIGTERM");

  expect(await exited).toEqual([0, null]);
});

describe.each([1, 2])("an instance of %i workers serves and ends with code 0", (workers) => {
  test("on a full disk", async () => {
    const deaf = await start(workers, 'exec "$@" > /dev/full 2> /dev/full');
    await expectServing(deaf);
    await makeLines(deaf);
    await expect(deaf.child.stop()).resolves.toEqual({ code: 0, signal: null });
  });

  test("when its log reaches the largest size of a file", async () => {
    const path = join(await tempDir("log"), "log");
    const deaf = await start(workers, `ulimit -f 4; exec "$@" > ${path} 2>&1`);
    await expectServing(deaf);
    await makeLines(deaf);
    await expect(deaf.child.stop()).resolves.toEqual({ code: 0, signal: null });
    expect((await readFile(path, "utf8")).length).toBe(4096);
  });

  test("when the reader of its log ends", async () => {
    const pipe = await makePipe();
    const deaf = await start(workers, `exec "$@" > ${pipe.path} 2>&1`);
    await expectServing(deaf);
    pipe.close();
    await makeLines(deaf);
    await expect(deaf.child.stop()).resolves.toEqual({ code: 0, signal: null });
  });

  test("when the reader of its log hangs", async () => {
    const pipe = await makePipe();
    const deaf = await start(workers, `exec "$@" > ${pipe.path} 2>&1`);
    await expectServing(deaf);
    await makeLines(deaf);
    await expect(deaf.child.stop()).resolves.toEqual({ code: 0, signal: null });
    pipe.close();
  });

  test("when its terminal hangs", async () => {
    const pipe = await makePipe();
    const pidFile = join(await tempDir("pid"), "pid");
    const inside = `echo $$ > ${pidFile}; exec ${process.execPath} ${distFile("main.js")}`;
    const deaf = await start(workers, `exec script -qec '${inside}' /dev/null > ${pipe.path}`);
    await expectServing(deaf);
    await makeLines(deaf);

    const pid = Number(await readFile(pidFile, "utf8"));
    process.kill(pid, "SIGTERM");

    await eventually(() => expect(isAlive(pid)).toBe(false), { withinMs: 15_000 });
    pipe.close();
    await deaf.child.exited;
  });

  test("when its terminal is closed", async () => {
    const path = join(await tempDir("log"), "log");
    const inside = `exec ${process.execPath} ${distFile("main.js")} > ${path}`;
    const deaf = await start(workers, `exec script -qec '${inside}' /dev/null`);
    await expectServing(deaf);

    deaf.child.kill("SIGKILL");

    await deaf.child.exited;
    await eventually(() => expect(deaf.child.family()).toEqual([]), { withinMs: 20_000 });
    const text = await readFile(path, "utf8");
    expect(text).toMatch(/"signal":"SIGHUP","msg":"stopping"/);
    expect(text).toMatch(/"msg":"stopped"\}\n$/);
    expect(text.slice(text.indexOf('"SIGHUP"'))).not.toMatch(/"level":"(warn|error|fatal)"|replacing/);
  });
});
