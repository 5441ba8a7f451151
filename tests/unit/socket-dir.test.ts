import { readdirSync, rmdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createLogger } from "../../src/engine/process/logger.js";
import { createSocketDir } from "../../src/engine/routing/primary/socket-dir.js";
import { onTestEnd } from "../support/cleanup.js";
import { tempDir } from "../support/temp-dir.js";

/** A directory for sockets that is there, and what is logged about it. Below the TMPDIR of the tests: jest's environment is a copy. */
function create() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("info", { write: (text) => void lines.push(JSON.parse(text)) });
  const sockets = createSocketDir(() => [], log);
  const dir = sockets.prepare();
  onTestEnd(() => {
    for (const path of [dir, sockets.path()]) rmSync(path, { recursive: true, force: true });
  });
  return { lines, sockets, dir };
}

test("it is one and the same as long as it is there", () => {
  const { sockets, dir, lines } = create();

  expect([sockets.prepare(), sockets.path()]).toEqual([dir, dir]);
  expect(lines).toEqual([]);
});

test("where it has gone, it is made again for a worker that is about to listen, for this user only, and told once", () => {
  const { sockets, dir, lines } = create();
  rmdirSync(dir);

  expect(sockets.path()).toBe(dir);
  expect(lines).toEqual([]);
  expect([sockets.prepare(), sockets.prepare()]).toEqual([dir, dir]);
  expect((statSync(dir).mode & 0o777).toString(8)).toBe("700");
  expect(lines).toEqual([expect.objectContaining({ level: "warn", dir })]);
});

test.each([
  ["a link to a directory", (path: string, elsewhere: string) => symlinkSync(elsewhere, path)],
  ["a link to nowhere", (path: string) => symlinkSync(`${path}-nowhere`, path)],
  ["a file", (path: string) => writeFileSync(path, "")],
])("%s in its place is left alone, and another directory made", async (_what, put) => {
  const { sockets, dir, lines } = create();
  const elsewhere = await tempDir("elsewhere");
  rmdirSync(dir);
  put(dir, elsewhere);

  const made = sockets.prepare();

  expect(made).not.toBe(dir);
  expect(statSync(made).isDirectory()).toBe(true);
  expect([sockets.prepare(), sockets.path()]).toEqual([made, made]);
  expect(lines).toEqual([expect.objectContaining({ level: "warn", dir, made })]);
  expect(readdirSync(elsewhere)).toEqual([]);
});
