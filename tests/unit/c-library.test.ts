import {
  cachedCLibrary,
  engineLaunch,
  needsNewerCLibrary,
} from "../../src/dev/embedded-mongodb/c-library.js";

const PROGRAM = ["/usr/bin/node", "/project/host.js"] as const;
const OLD_DEBIAN = { platform: "linux", arch: "x64", glibcVersion: "2.36" };
const CACHED = { loader: "/cache/ld.so", libraryPath: "/cache/lib" };

test.each(["2.38", "2.41", "3.0"])("the engine runs as it is with glibc %s", (glibcVersion) => {
  const machine = { ...OLD_DEBIAN, glibcVersion };
  expect(needsNewerCLibrary(machine)).toBe(false);
  const launch = engineLaunch(machine, CACHED, PROGRAM);
  expect(launch).toEqual({ possible: true, command: "/usr/bin/node", args: ["/project/host.js"] });
});

test.each(["2.37", "2.9", "1.99"])("glibc %s is too old for the engine", (glibcVersion) => {
  expect(needsNewerCLibrary({ ...OLD_DEBIAN, glibcVersion })).toBe(true);
});

test("with an old glibc, the engine runs under the cached loader", () => {
  expect(engineLaunch(OLD_DEBIAN, CACHED, PROGRAM)).toEqual({
    possible: true,
    command: "/cache/ld.so",
    args: ["--library-path", "/cache/lib", "/usr/bin/node", "/project/host.js"],
  });
});

test("with an old glibc and no other in the cache, the engine cannot run, and the reason names both versions", () => {
  expect(engineLaunch(OLD_DEBIAN, undefined, PROGRAM)).toEqual({
    possible: false,
    reason: "it needs glibc 2.38, this machine has 2.36",
  });
});

test("the engine runs as it is on macOS with an Apple processor", () => {
  const machine = { platform: "darwin", arch: "arm64", glibcVersion: undefined };
  expect(needsNewerCLibrary(machine)).toBe(false);
  expect(engineLaunch(machine, undefined, PROGRAM)).toMatchObject({
    possible: true,
    command: "/usr/bin/node",
  });
});

test.each([
  { platform: "linux", arch: "x64", glibcVersion: undefined, named: "linux x64 without glibc" },
  { platform: "linux", arch: "s390x", glibcVersion: "2.41", named: "linux s390x" },
  { platform: "darwin", arch: "x64", glibcVersion: undefined, named: "darwin x64" },
  { platform: "win32", arch: "x64", glibcVersion: undefined, named: "win32 x64" },
])("there is no engine for $named, and no C library would help", ({ named, ...machine }) => {
  expect(needsNewerCLibrary(machine)).toBe(false);
  const reason = `there is no build for ${named}`;
  expect(engineLaunch(machine, CACHED, PROGRAM)).toEqual({ possible: false, reason });
});

test("each architecture has its own place in the cache", () => {
  const x64 = "/cache/glibc/x64/usr/lib/x86_64-linux-gnu";
  const arm64 = "/cache/glibc/arm64/usr/lib/aarch64-linux-gnu";
  expect(cachedCLibrary("/cache", "x64")).toEqual({
    loader: `${x64}/ld-linux-x86-64.so.2`,
    libraryPath: x64,
  });
  expect(cachedCLibrary("/cache", "arm64")).toEqual({
    loader: `${arm64}/ld-linux-aarch64.so.1`,
    libraryPath: arm64,
  });
  expect(cachedCLibrary("/cache", "s390x")).toBeUndefined();
});
