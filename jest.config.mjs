/** Sources stay ES modules; for jest alone they become CommonJS, as jest's own ES module support is experimental. */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  transform: {
    "^.+\\.ts$|/jose/.+\\.js$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
  // jose has no CommonJS form.
  transformIgnorePatterns: ["/node_modules/(?!jose/)"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  // For what hangs without a bound of its own. All other bounds follow the machine: tests/support/wait.ts.
  testTimeout: 300_000,
  // Most tests also wait for other processes: as many files at a time as there are cores would leave two cores idle.
  maxWorkers: 3,
  // A process of its own for every file. Jest runs tests inside an AsyncLocalStorage of the file's and never disables it,
  // and up to Node 22 every promise pays for each of them: after 80 files a promise costs thirty times as much.
  workerIdleMemoryLimit: 0,
  // Also after the last file, when jest asks the process that it has just started to end: on a busy machine that one is not up after
  // the 0.5 s of the default. Jest would take it for a leak of the tests, whose own process it has ended already.
  workerGracefulExitTimeout: 60_000,
};
