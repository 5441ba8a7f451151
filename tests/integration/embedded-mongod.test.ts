import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Child, spawnNode } from "../support/child.js";
import { connectTo, runDirOfUri, SERVES } from "../support/embedded-mongodb.js";
import { logged } from "../support/line-log.js";
import { isAlive, processTable } from "../support/process-table.js";
import { fixture } from "../support/program-path.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";

interface Place {
  readonly dataDir: string;
  readonly tmp: string;
  /** A directory of programs that comes first on PATH. */
  readonly bin: string;
}

async function newPlace(): Promise<Place> {
  const dir = await tempDir("mongod");
  const place = { dataDir: join(dir, "data"), tmp: join(dir, "tmp"), bin: join(dir, "bin") };
  await mkdir(place.tmp);
  await mkdir(place.bin);
  return place;
}

async function newPlaceWithMongod(standIn = "mongod-stand-in.mjs"): Promise<Place> {
  const place = await newPlace();
  const script = `#!/bin/sh\nexec "${process.execPath}" "${fixture(standIn)}" "$@"\n`;
  await writeFile(join(place.bin, "mongod"), script, { mode: 0o755 });
  return place;
}

function run({ dataDir, tmp, bin }: Place): Promise<Child> {
  const env = { TMPDIR: tmp, PATH: bin };
  return spawnNode(fixture("mongodb-without-engine.mjs"), { args: [dataDir], env });
}

async function serve(place: Place) {
  const child = await run(place);
  const uri = String((await child.waitForLine(logged("ready"))).fields.uri);
  return { child, uri, serving: await child.waitForLine(SERVES) };
}

/** Process numbers of the mongod of this place. */
function mongodPids({ dataDir }: Place): number[] {
  const isMongod = (command: string) =>
    /mongod-(stand-in|that-hangs)/.test(command) && command.includes(dataDir);
  return processTable()
    .filter(({ command }) => isMongod(command))
    .map(({ pid }) => pid);
}

describe("where the engine cannot run, a mongod on PATH", () => {
  test("serves instead, with the data there again after a restart, and leaves nothing behind", async () => {
    const place = await newPlaceWithMongod();
    const first = await serve(place);
    expect(first.serving.fields.kind).toBe("mongod");
    await (await connectTo(first.uri)).collection("things").insertOne({ name: "kept" });
    await first.child.stop();
    expect(mongodPids(place)).toEqual([]);
    expect(await readdir(place.tmp)).toEqual([]);
    expect(await readdir(place.dataDir)).toEqual(["mongod"]);

    const second = await serve(place);

    expect(second.uri).toBe(first.uri);
    expect(await (await connectTo(second.uri)).collection("things").countDocuments()).toBe(1);
  });

  test("is replaced when it is killed", async () => {
    const place = await newPlaceWithMongod();
    const { child, uri, serving } = await serve(place);
    const things = (await connectTo(uri)).collection("things");
    const [killed = 0] = mongodPids(place);

    process.kill(killed, "SIGKILL");

    await child.waitForLine(SERVES, { after: serving });
    expect(await eventually(() => things.countDocuments())).toBe(0);
    expect(mongodPids(place)).toHaveLength(1);
    expect(mongodPids(place)).not.toContain(killed);
  });

  test("does not outlive its host: one that is left by a kill -9 is ended and replaced", async () => {
    const place = await newPlaceWithMongod();
    const { child, uri, serving } = await serve(place);
    const things = (await connectTo(uri)).collection("things");
    const [left = 0] = mongodPids(place);

    process.kill(Number(serving.fields.hostPid), "SIGKILL");

    await child.waitForLine(SERVES, { after: serving });
    expect(await eventually(() => things.countDocuments())).toBe(0);
    expect(isAlive(left)).toBe(false);
    expect(mongodPids(place)).toHaveLength(1);
    expect((await readdir(runDirOfUri(uri))).filter((name) => name.endsWith(".pid"))).toHaveLength(1);
  });

  test("ends when the process that started it is killed with -9", async () => {
    const place = await newPlaceWithMongod();
    const { child } = await serve(place);

    child.kill("SIGKILL");
    await child.exited;

    await eventually(() => expect(mongodPids(place)).toEqual([]));
    await eventually(async () => expect(await readdir(place.tmp)).toEqual([]));
  });

  test("ends when that happens before it serves, too", async () => {
    const place = await newPlaceWithMongod("mongod-that-hangs.mjs");
    const child = await run(place);
    await eventually(() => expect(mongodPids(place)).toHaveLength(1));

    child.kill("SIGKILL");
    await child.exited;

    await eventually(() => expect(mongodPids(place)).toEqual([]));
    await eventually(async () => expect(await readdir(place.tmp)).toEqual([]));
  });

  test("is not started a second time over the same data", async () => {
    const place = await newPlaceWithMongod();
    const first = await serve(place);
    const filesOfFirst = await readdir(runDirOfUri(first.uri));

    const second = await run(place);

    const { fields } = await second.waitForLine(logged("no start"));
    expect(fields).toMatchObject({ name: "StartError" });
    expect(fields.reason).toContain(
      `is in use by a MongoDB that runs already: set MONGODB_URI=${first.uri} `,
    );
    expect((await second.exited).code).toBe(1);
    expect(await readdir(runDirOfUri(first.uri))).toEqual(filesOfFirst);
    expect(await (await connectTo(first.uri)).db?.admin().ping()).toEqual({ ok: 1 });
  });
});

test("without engine and mongod, the error says what to do, and nothing is made", async () => {
  const place = await newPlace();

  const child = await run(place);

  const { fields } = await child.waitForLine(logged("no start"));
  expect(fields.name).toBe("StartError");
  expect(fields.reason).toMatch(
    /^The embedded MongoDB cannot run here: .*; there is no mongod on the PATH\. /,
  );
  expect(fields.reason).toMatch(
    /Set MONGODB_URI to a MongoDB of yours, or start one with: docker compose up$/,
  );
  expect((await child.exited).code).toBe(1);
  expect(await readdir(place.tmp)).toEqual([]);
  expect(await readdir(place.dataDir)).toEqual([]);
});
