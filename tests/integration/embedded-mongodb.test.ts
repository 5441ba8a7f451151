import { existsSync } from "node:fs";
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StartError } from "../../src/engine/process/start-error.js";
import { spawnNode } from "../support/child.js";
import { connectTo, newMongodb, runDirOfUri, SERVES, startedMongodb } from "../support/embedded-mongodb.js";
import { logged } from "../support/line-log.js";
import { isAlive } from "../support/process-table.js";
import { fixture } from "../support/program-path.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually, within } from "../support/wait.js";

const DURABLE = { writeConcern: { w: 1, j: true } } as const;
const RESTARTING = logged("embedded mongodb ended, it is started again");

async function dataDir(): Promise<string> {
  return join(await tempDir("data"), "data");
}

/** A program of its own that serves `data`, with all temporary files in `tmp`. */
async function serveIn(data: string, tmp: string) {
  const child = await spawnNode(fixture("mongodb.mjs"), { args: [data], env: { TMPDIR: tmp } });
  const ready = await child.waitForLine(logged("ready"));
  const serving = await child.waitForLine(SERVES);
  return { child, uri: String(ready.fields.uri), hostPid: Number(serving.fields.hostPid) };
}

describe("the embedded MongoDB", () => {
  test("serves a real MongoDB, whose data is there again after a stop and a start, at the same URI", async () => {
    const data = await dataDir();
    const first = await startedMongodb({ dataDir: data });
    await (await connectTo(first.mongodb.uri())).collection("things").insertOne({ name: "kept" }, DURABLE);
    await first.mongodb.stop();

    const second = await startedMongodb({ dataDir: data });

    expect(second.mongodb.uri()).toBe(first.mongodb.uri());
    const things = (await connectTo(second.mongodb.uri())).collection("things");
    expect(await things.findOne({}, { projection: { _id: 0 } })).toEqual({ name: "kept" });
  });

  test("leaves no process, socket or file beside the data when it stops", async () => {
    const data = await dataDir();
    const { mongodb, hostPid } = await startedMongodb({ dataDir: data });
    const runDir = runDirOfUri(mongodb.uri());
    expect(isAlive(hostPid()) && existsSync(runDir)).toBe(true);

    await mongodb.stop();

    expect(isAlive(hostPid())).toBe(false);
    expect(existsSync(runDir)).toBe(false);
    expect(await readdir(data)).toEqual(["mongodb"]);
  });

  test("stops once, however often it is asked, and also when it never started", async () => {
    const { mongodb, logs } = newMongodb({ dataDir: await dataDir() });

    await Promise.all([mongodb.stop(), mongodb.stop()]);

    expect(logs.lines).toEqual([]);
    expect(() => mongodb.uri()).toThrow("has not started");
  });

  test("ends what a stop meets during the start", async () => {
    const data = await dataDir();
    const { mongodb } = newMongodb({ dataDir: data });
    const started = mongodb.start().catch((error: unknown) => error);

    await mongodb.stop();

    await started;
    const again = await startedMongodb({ dataDir: data }); // nobody holds the data
    await again.mongodb.stop();
  });

  test("survives a kill -9 of its process: same URI, same connection, nothing lost that was acknowledged", async () => {
    const { mongodb, hostPid, logs } = await startedMongodb({ dataDir: await dataDir() });
    const things = (await connectTo(mongodb.uri())).collection("things");
    await things.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }], DURABLE);
    const killed = hostPid();

    process.kill(killed, "SIGKILL");

    await logs.waitFor((line) => SERVES(line) && line.fields.hostPid !== killed);
    expect(await eventually(() => things.countDocuments())).toBe(3);
    expect(logs.lines.filter(RESTARTING).map(({ fields }) => [fields.level, fields.cause])).toEqual([
      ["warn", "SIGKILL"],
    ]);
  });

  test("is not ended by the signals that a terminal sends to all processes", async () => {
    const { mongodb, hostPid, logs } = await startedMongodb({ dataDir: await dataDir() });
    const connection = await connectTo(mongodb.uri());

    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(hostPid(), signal);

    expect(await connection.db?.admin().ping()).toEqual({ ok: 1 });
    expect(logs.lines.filter(RESTARTING)).toEqual([]);
  });

  test("is killed when it does not end in time, and leaves nothing then either", async () => {
    const data = await dataDir();
    const { mongodb, hostPid } = await startedMongodb({ dataDir: data, stopTimeoutMs: 200 });
    process.kill(hostPid(), "SIGSTOP");

    await mongodb.stop();

    expect(isAlive(hostPid())).toBe(false);
    expect(existsSync(runDirOfUri(mongodb.uri()))).toBe(false);
    expect(await readdir(data)).toEqual(["mongodb"]);
  });

  test("reports a crash loop as an error, tries ever more seldom, and still stops at once", async () => {
    const data = await dataDir();
    const { mongodb, hostPid, logs } = await startedMongodb({ dataDir: data });
    await writeFile(join(data, "mongodb", "WiredTiger.turtle"), "damaged");
    process.kill(hostPid(), "SIGKILL");

    await logs.waitFor((line) => line.fields.delayMs === 1600);
    await within(mongodb.stop(), 1500, "the stop during a delay");

    const tries = logs.lines.filter(RESTARTING).map(({ fields }) => [fields.level, fields.delayMs]);
    expect(tries).toEqual([
      ["warn", 100],
      ["warn", 200],
      ["error", 400],
      ["error", 800],
      ["error", 1600],
    ]);
    expect(existsSync(runDirOfUri(mongodb.uri()))).toBe(false);
  });
});

describe("the embedded MongoDB refuses", () => {
  test("data that another one uses, saying how to share that one, which it does not disturb", async () => {
    const data = await dataDir();
    const first = await startedMongodb({ dataDir: data });
    const connection = await connectTo(first.mongodb.uri());
    const sameByLink = join(await tempDir("link"), "link");
    await symlink(data, sameByLink);
    const second = newMongodb({ dataDir: sameByLink });

    await expect(second.mongodb.start()).rejects.toMatchObject({
      name: "StartError",
      message:
        `DATA_DIR ${data} is in use by a MongoDB that runs already: ` +
        `set MONGODB_URI=${first.mongodb.uri()} to use that one, or choose another DATA_DIR`,
    });

    await second.mongodb.stop();
    expect(await connection.db?.admin().ping()).toEqual({ ok: 1 });
    await (await connectTo(first.mongodb.uri())).close(); // its socket is there
    expect(first.logs.lines.filter(RESTARTING)).toEqual([]);
  });

  test("a file as data directory, and a directory below a file", async () => {
    const file = join(await tempDir("data"), "file");
    await writeFile(file, "content");
    const start = (dataDir: string) => newMongodb({ dataDir }).mongodb.start();

    for (const path of [file, join(file, "data")]) {
      const message = `DATA_DIR ${path} cannot be used: it is not a directory`;
      await expect(start(path)).rejects.toMatchObject({ name: "StartError", message });
    }
    expect(await readFile(file, "utf8")).toBe("content");
  });

  test("a data directory that the system does not let it make", async () => {
    const start = newMongodb({ dataDir: "/proc/shoal-data" }).mongodb.start();

    await expect(start).rejects.toThrow("DATA_DIR /proc/shoal-data cannot be used");
  });

  test("damaged data, saying where it lies", async () => {
    const data = await dataDir();
    const { mongodb } = await startedMongodb({ dataDir: data });
    await mongodb.stop();
    await writeFile(join(data, "mongodb", "WiredTiger.turtle"), "damaged");

    const start = newMongodb({ dataDir: data }).mongodb.start();

    await expect(start).rejects.toThrow(StartError);
    await expect(start).rejects.toThrow(`could not open ${data}/mongodb`);
  });
});

test("a first start that is killed from outside says so, and nothing of damaged data", async () => {
  const engineModule = 'data:text/javascript,process.kill(process.pid,"SIGKILL")';
  const start = newMongodb({ dataDir: await dataDir(), engineModule }).mongodb.start();

  await expect(start).rejects.toThrow(StartError);
  await expect(start).rejects.toThrow(/could not start in .*: it was killed from outside/);
});

describe("when the process that started the embedded MongoDB is killed with -9", () => {
  test("the database ends by itself and leaves no process, socket or directory", async () => {
    const tmp = await tempDir("tmp");
    const data = await dataDir();
    const { child, hostPid } = await serveIn(data, tmp);
    expect(await readdir(tmp)).toHaveLength(1);

    child.kill("SIGKILL");
    await child.exited;

    await eventually(() => expect(isAlive(hostPid)).toBe(false));
    expect(await readdir(tmp)).toEqual([]);
    expect(await readdir(data)).toEqual(["mongodb"]);
  });

  test("together with the database, the next start clears up after them and has the data", async () => {
    const tmp = await tempDir("tmp");
    const data = await dataDir();
    const first = await serveIn(data, tmp);
    await (await connectTo(first.uri)).collection("things").insertOne({ name: "kept" }, DURABLE);
    await first.child.killFamily();
    const runDir = runDirOfUri(first.uri);
    const left = (await readdir(runDir)).filter((name) => name !== "mongodb.sock");
    expect(left).toHaveLength(1);

    const second = await serveIn(data, tmp);

    expect(second.uri).toBe(first.uri);
    expect(await readdir(runDir)).toHaveLength(2);
    expect(await readdir(runDir)).not.toContain(left[0]);
    expect(await (await connectTo(second.uri)).collection("things").countDocuments()).toBe(1);
    await second.child.stop();
    expect(await readdir(tmp)).toEqual([]);
  });
});
