import { ensureRunDir, runDirOf, uriOf } from "../../src/dev/embedded-mongodb/run-dir.js";

test("the run directory is the same for the same user and database", () => {
  expect(runDirOf("/data/mongodb", 1000, "/tmp")).toBe(runDirOf("/data/mongodb", 1000, "/tmp"));
  expect(runDirOf("/data/mongodb", 1000, "/tmp")).toMatch(/^\/tmp\/shoal-[0-9a-f]{10}$/);
});

test("users and databases have run directories of their own", () => {
  const one = runDirOf("/data/mongodb", 1000, "/tmp");
  expect(runDirOf("/data/mongodb", 1001, "/tmp")).not.toBe(one);
  expect(runDirOf("/data/other", 1000, "/tmp")).not.toBe(one);
});

test("the longest socket path fits into what macOS takes", () => {
  // "/shoal-0123456789/embedded-mongodb-XXXXXX/mongodb.sock" is 54 characters long
  const longestTempDir = `/${"t".repeat(48)}`;
  const runDir = runDirOf("/data/mongodb", 1000, longestTempDir);
  expect(runDir.startsWith(`${longestTempDir}/`)).toBe(true);
  expect(`${runDir}/embedded-mongodb-XXXXXX/mongodb.sock`.length).toBeLessThanOrEqual(103);
});

test("/tmp stands in for a temporary directory whose path is too long", () => {
  expect(runDirOf("/data/mongodb", 1000, `/${"t".repeat(49)}`)).toMatch(/^\/tmp\/shoal-/);
});

test("the URI names the stable socket of the run directory", () => {
  expect(uriOf("/tmp/shoal-1")).toBe("mongodb://%2Ftmp%2Fshoal-1%2Fmongodb.sock/?directConnection=true");
});

test("a temporary directory that is not there is named", () => {
  expect(() => ensureRunDir("/nonexistent/tmp/shoal-1")).toThrow(
    /^TMPDIR \/nonexistent\/tmp cannot be written: .*ENOENT/,
  );
});
