import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { changedProgram } from "../support/changed-program.js";
import { type Client, connectClient } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { descendants, isAlive } from "../support/process-table.js";
import { fixture } from "../support/program-path.js";
import { type LaunchedShoal, launchShoal, spawnShoal } from "../support/spawn-shoal.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";
import { call } from "./support/http-call.js";

/** The environment under which workers crash as soon as `tell` says when. */
async function crashing(): Promise<{ env: Record<string, string>; tell(when: string): Promise<void> }> {
  const file = join(await tempDir("crash"), "when");
  const env = { NODE_OPTIONS: `--require ${fixture("crash-when-told.cjs")}`, CRASH_WHEN: file };
  return { env, tell: (when) => writeFile(file, when) };
}

async function expectGivenUp(shoal: LaunchedShoal, reason: RegExp): Promise<void> {
  const family = descendants(shoal.pid).map(({ pid }) => pid);
  await expect(shoal.expectExit(45_000)).resolves.toEqual({ code: 1, signal: null });
  const fatal = shoal.logs.filter(({ fields }) => fields.level === "fatal" && fields.pid === shoal.pid);
  expect(fatal.map(({ fields }) => fields.msg)).toEqual([expect.stringMatching(reason)]);
  expect(shoal.logs.filter(({ stream }) => stream === "stderr")).toEqual([]);
  await eventually(() => expect(family.filter(isAlive)).toEqual([]));
  await expect(readdir(shoal.tmpDir)).resolves.toEqual([]);
}

test("an instance whose workers cannot even start ends at once", async () => {
  const { env, tell } = await crashing();
  await tell("at start");
  const shoal = await launchShoal({ workers: 2, env });
  await expectGivenUp(shoal, /^A worker could not start: exit code 3$/);
});

test("an instance ends when the replacements of a worker fail to start three times in a row", async () => {
  const { env, tell } = await crashing();
  const shoal = await spawnShoal({ workers: 2, env });
  await tell("at start");
  const [victim = 0] = shoal.workerPids();
  process.kill(victim, "SIGKILL");
  await expectGivenUp(shoal, /^Crash loop: 3 workers in a row ended before they were ready .*exit code 3/);
  expect(shoal.logs.filter(logged("worker ended")).map(({ fields }) => fields.kind)).toEqual([
    "killed",
    "failed",
    "failed",
    "failed",
  ]);
  await expect(call(`${shoal.url}/hello`)).rejects.toThrow("ECONNREFUSED");
});

test.each([2, 1])(
  "a feature that cannot be loaded is named by the log of an instance of %i workers",
  async (workers) => {
    const { main, change } = await changedProgram();
    await change("hello", "broken.feature.mjs");
    const shoal = await launchShoal({ workers, main, mongodbUri: (await startMongo()).uriFor() });

    await expect(shoal.expectExit(45_000)).resolves.toEqual({ code: 1, signal: null });
    expect(shoal.logs.filter(({ stream }) => stream === "stderr")).toEqual([]);
    const fatal = shoal.logs.filter(({ fields }) => fields.level === "fatal");
    const ofWorker = fatal.filter(({ fields }) => fields.pid !== shoal.pid);
    expect(ofWorker.every((line) => logged("worker could not start")(line))).toBe(true);
    const [first] = workers === 1 ? fatal : ofWorker;
    expect(first?.fields.err).toMatchObject({
      message: "a defect in a feature",
      stack: expect.stringContaining("hello.feature.js"),
    });
    if (workers === 1) return;
    const ofPrimary = fatal.filter(({ fields }) => fields.pid === shoal.pid);
    expect(ofPrimary.map(({ fields }) => fields.msg)).toEqual([
      "A worker could not start: a defect in a feature",
    ]);
  },
);

test("an instance ends when its workers crash again and again while they serve", async () => {
  const { env, tell } = await crashing();
  const shoal = await spawnShoal({ workers: 5, env });
  await tell("while serving");
  await expectGivenUp(shoal, /^Crash loop: 10 workers crashed within 60 s/);
  const ends = shoal.logs.filter(logged("worker ended"));
  expect(ends.map(({ fields }) => fields.kind)).toEqual(ends.slice(0, 10).map(() => "crashed"));
  const told = shoal.logs.filter(logged("worker ends: an error that nobody caught"));
  expect(told.length).toBeGreaterThanOrEqual(10);
});

test("a worker that is killed from outside while it starts is tried again, and the others serve on", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  const [victim = 0, other = 0] = shoal.workerPids();
  const isOfThem = ({ command }: { command: string }) => command.endsWith("main.js");
  const starting = () =>
    descendants(shoal.pid).find((entry) => isOfThem(entry) && entry.pid !== victim && entry.pid !== other);
  const { socket } = await connectAt(shoal, 2);
  const disconnects: string[] = [];
  socket.on("disconnect", (reason) => disconnects.push(reason));

  process.kill(victim, "SIGKILL");
  for (let kills = 1; kills <= 4; kills += 1) {
    const { pid } = await eventually(() => found(starting()));
    process.kill(pid, "SIGKILL");
    await eventually(() => expect(shoal.logs.filter(logged("worker ended"))).toHaveLength(1 + kills));
  }
  await eventually(() => expect(shoal.workerPids()).toHaveLength(2), { withinMs: 15_000 });

  expect(shoal.logs.filter(logged("worker ended", { worker: 1, kind: "killed" }))).toHaveLength(5);
  expect(disconnects).toEqual([]);
  expect((await call(`${shoal.url}/hello`)).status).toBe(200);
});

/** A client at the worker of this slot. */
async function connectAt({ url }: { readonly url: string }, slot: number): Promise<Client> {
  for (;;) {
    const client = await connectClient(url);
    if (client.session.worker === slot) return client;
    client.socket.disconnect();
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not there yet");
  return value;
}
