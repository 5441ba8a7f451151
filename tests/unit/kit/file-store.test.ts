import { spawnSync } from "node:child_process";
import { appendFile, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileStore } from "../../../client/stores/file.js";
import { onTestEnd } from "../../support/cleanup.js";
import { tempDir } from "../../support/temp-dir.js";
import { eventually } from "../../support/wait.js";
import { kept } from "./support/outbox.js";

/** Opens the outbox of somebody, until the test ends. */
async function open(directory: string, owner = "ann", waitMs = 0) {
  const shelf = await fileStore(directory, { waitMs }).open(owner);
  onTestEnd(shelf.close);
  return shelf;
}

const idsOf = ({ left }: { left: readonly { id: string }[] }) => left.map(({ id }) => id);
async function fileIn(directory: string, ending: string): Promise<string> {
  const name = (await readdir(directory)).find((one) => one.endsWith(ending));
  return join(directory, name ?? `no ${ending}`);
}

describe("a store in files", () => {
  test("gives the next one what was kept and not removed, in order", async () => {
    const directory = join(await tempDir("outbox"), "is", "made");
    const first = await open(directory);
    await first.write([kept("b", 2), kept("a", 1), kept("c", 3)], []);
    await first.write([kept("b", 2, { state: "expired" })], ["c"]);
    await first.close();

    const second = await open(directory);

    expect(second.left).toEqual([
      expect.objectContaining({ id: "a", state: "waiting" }),
      expect.objectContaining({ id: "b", state: "expired" }),
    ]);
  });

  test("shows nobody what another one has left, whatever his id is", async () => {
    const directory = await tempDir("outbox");
    const first = await open(directory, "ann");
    await first.write([kept("a", 1)], []);
    await first.close();

    for (const other of ["Ann", "an", "../ann", "http://x ann"])
      expect((await open(directory, other)).left).toEqual([]);
    expect(idsOf(await open(directory, "ann"))).toEqual(["a"]);
  });

  test("leaves out a line that was cut short, and goes on behind it", async () => {
    const directory = await tempDir("outbox");
    const first = await open(directory);
    await first.write([kept("a", 1)], []);
    await first.close();
    await appendFile(await fileIn(directory, ".jsonl"), '{"keep":{"id":"b","room":"r');

    const second = await open(directory);
    expect(idsOf(second)).toEqual(["a"]);
    await second.write([kept("c", 3)], []);
    await second.close();

    expect(idsOf(await open(directory))).toEqual(["a", "c"]);
  });

  test("takes no line for a message that is none", async () => {
    const directory = await tempDir("outbox");
    const first = await open(directory);
    await first.write([kept("a", 1)], []);
    await first.close();
    const lines = ["null", "1", '{"keep":{"id":"x"}}', '{"keep":null}', '{"remove":1}', "{}"];
    await appendFile(await fileIn(directory, ".jsonl"), `${lines.join("\n")}\n`);

    expect(idsOf(await open(directory))).toEqual(["a"]);
  });

  test("grows no larger than what is in it, and somewhat more", async () => {
    const directory = await tempDir("outbox");
    const shelf = await open(directory);
    await shelf.write([kept("first", 0)], []);
    for (let n = 1; n <= 1500; n += 1) {
      await shelf.write([kept(`m${n}`, n)], n > 1 ? [`m${n - 1}`] : []);
    }
    await shelf.close();

    const lines = (await readFile(await fileIn(directory, ".jsonl"), "utf8")).split("\n");
    expect(lines.length).toBeLessThan(1100);
    expect(idsOf(await open(directory))).toEqual(["first", "m1500"]);
  });

  test("can be read by nobody else", async () => {
    const directory = join(await tempDir("outbox"), "own");
    await open(directory);

    const modes = await Promise.all([directory, await fileIn(directory, ".jsonl")].map((path) => stat(path)));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(["700", "600"]);
  });

  test("rejects where nothing can be written", async () => {
    const file = join(await tempDir("outbox"), "a-file");
    await writeFile(file, "");

    await expect(fileStore(file).open("ann")).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(fileStore("/proc/nothing").open("ann")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("the lock of a store in files", () => {
  const dead = spawnSync(process.execPath, ["--eval", ""]).pid;

  /** The lock of a process that has ended without a word. */
  async function leaveLock(directory: string, holder: object, secondsAgo = 0): Promise<void> {
    await (await open(directory)).close();
    const lock = `${await fileIn(directory, ".jsonl")}.lock`;
    await writeFile(lock, JSON.stringify({ host: hostname(), origin: 1, name: "before", ...holder }));
    const then = new Date(Date.now() - secondsAgo * 1000);
    await utimes(lock, then, then);
  }

  test("is held as long as the store is open, and then let go", async () => {
    const directory = await tempDir("outbox");
    const first = await open(directory);

    await expect(open(directory)).rejects.toThrow("Another process has");
    await first.close();

    await expect(open(directory)).resolves.toMatchObject({ left: [] });
  });

  test("is waited for", async () => {
    const directory = await tempDir("outbox");
    const first = await open(directory);
    const second = open(directory, "ann", 60_000);

    await first.write([kept("a", 1)], []);
    await first.close();

    expect(idsOf(await second)).toEqual(["a"]);
  });

  test.each([
    ["of a process that is not there any more", { pid: dead }, 0],
    ["of one before this in a container, with the same number", { pid: process.pid }, 0],
    ["of one whose number another process has by now", { pid: process.ppid }, 60],
    ["of a process of another machine that has not shown itself", { host: "other", pid: process.pid }, 60],
    ["that was never written to its end", {}, 60],
  ])("%s is taken", async (_, holder, secondsAgo) => {
    const directory = await tempDir("outbox");
    await leaveLock(directory, holder, secondsAgo);

    await expect(open(directory, "ann", 1000)).resolves.toMatchObject({ left: [] });
  });

  test.each([
    ["that lives and shows itself", { pid: process.ppid }],
    [
      "of another container with the number of this one that shows itself",
      { host: "other", pid: process.pid },
    ],
    ["of another machine, whose number nobody has here,", { host: "other", pid: dead }],
  ])("of a process %s is not taken", async (_, holder) => {
    const directory = await tempDir("outbox");
    await leaveLock(directory, holder);

    await expect(open(directory)).rejects.toThrow("Another process has");
  });

  test("that another process has taken ends the writing of the one before", async () => {
    const directory = await tempDir("outbox");
    const shelf = await open(directory);
    await writeFile(`${await fileIn(directory, ".jsonl")}.lock`, JSON.stringify({ name: "another" }));

    const write = () => shelf.write([kept("a", 1)], []);
    await eventually(() => expect(write()).rejects.toThrow("Another process has taken"));
  });
});
