import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runDirOf } from "../../src/dev/embedded-mongodb/run-dir.js";
import { StartError } from "../../src/engine/process/start-error.js";
import { newMongodb, startedMongodb } from "../support/embedded-mongodb.js";
import { tempDir } from "../support/temp-dir.js";

// Others can write where the data and the sockets are to lie, or look into it.

async function dataDir(): Promise<string> {
  return join(await tempDir("data"), "data");
}

/** A directory that belongs to another user and can be read. */
async function foreignDir(): Promise<string> {
  if (userInfo().uid !== 0) return "/";
  const path = await tempDir("foreign");
  await chmod(path, 0o755);
  await chown(path, 65_534, 65_534);
  return path;
}

describe("the embedded MongoDB, where others can write", () => {
  test("writes to nothing outside its own directories, whatever links lie beside the data", async () => {
    const data = await dataDir();
    const precious = join(await tempDir("precious"), "file");
    await writeFile(precious, "precious");
    await mkdir(data);
    for (const name of ["mongodb.uri", "mongod.uri"]) await symlink(precious, join(data, name));
    const first = await startedMongodb({ dataDir: data });

    expect(await readFile(precious, "utf8")).toBe("precious");
    await expect(newMongodb({ dataDir: data }).mongodb.start()).rejects.toThrow(first.mongodb.uri());
    await first.mongodb.stop();
    expect((await readdir(data)).sort()).toEqual(["mongod.uri", "mongodb", "mongodb.uri"]);
    expect(await readFile(precious, "utf8")).toBe("precious");
  });

  test.each(["mongodb", "mongod"])(
    "refuses a directory %s that belongs to somebody else, and leaves it alone",
    async (name) => {
      const data = await dataDir();
      const foreign = await foreignDir();
      const { mode } = await stat(foreign);
      await mkdir(data);
      await symlink(foreign, join(data, name));

      const start = newMongodb({ dataDir: data }).mongodb.start();

      await expect(start).rejects.toThrow(StartError);
      await expect(start).rejects.toThrow(
        `DATA_DIR ${data} cannot be used: ${name} in it belongs to another user`,
      );
      expect((await stat(foreign)).mode).toBe(mode);
    },
  );

  test("keeps its data from others, however open the directories are that it finds", async () => {
    const data = await dataDir();
    const rights = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    await mkdir(data);
    await chmod(data, 0o755);
    const { mongodb } = await startedMongodb({ dataDir: data });
    expect(await rights(join(data, "mongodb"))).toBe("700");
    await mongodb.stop();
    await chmod(join(data, "mongodb"), 0o755);

    const again = await startedMongodb({ dataDir: data });

    expect(await rights(join(data, "mongodb"))).toBe("700");
    expect(await rights(data)).toBe("755"); // it may hold what is not ours
    await again.mongodb.stop();
  });

  test("refuses a run directory that somebody else may enter, and reads nothing in it", async () => {
    const data = await dataDir();
    const runDir = runDirOf(join(data, "mongodb"), userInfo().uid, tmpdir());
    await mkdir(runDir, { mode: 0o755 });
    const note = "mongod-999999999.pid"; // as of a host that has gone; who reads this one waits for ever
    await promisify(execFile)("mkfifo", [join(runDir, note)]);
    const { mongodb } = newMongodb({ dataDir: data });

    try {
      await expect(mongodb.start()).rejects.toThrow(`${runDir} exists and is not a private directory`);
      expect(await readdir(runDir)).toEqual([note]);
    } finally {
      await rm(runDir, { recursive: true });
    }
  });
});
