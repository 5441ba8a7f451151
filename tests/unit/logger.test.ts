import assert from "node:assert";
import { createLogger, type LogLevel, redactUri } from "../../src/engine/process/logger.js";

/** A logger and all lines that it has written. */
function createCapture(level: LogLevel = "info") {
  const texts: string[] = [];
  const log = createLogger(level, { write: (text) => void texts.push(text) });
  return { log, texts, lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
}

describe("a log line", () => {
  test("is one line of JSON with its level as a word and its time in ISO 8601", () => {
    const { log, texts, lines } = createCapture();

    log.child({ worker: 2 }).info({ size: 1 }, "two\nlines");

    expect(texts).toHaveLength(1);
    expect(texts[0]?.indexOf("\n")).toBe((texts[0]?.length ?? 0) - 1);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lines()).toEqual([
      { level: "info", time, pid: process.pid, worker: 2, size: 1, msg: "two\nlines" },
    ]);
  });

  test("below the level is none", () => {
    const { log, texts } = createCapture("warn");

    log.info("not of interest");

    expect(texts).toEqual([]);
  });

  test("of an error has its stack and its cause", () => {
    const { log, lines } = createCapture();

    log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed");

    expect(lines()[0]?.err).toMatchObject({
      type: "Error",
      message: expect.stringContaining("outer"),
      stack: expect.stringMatching(/outer.*\n {4}at .*caused by: Error: inner/s),
    });
  });

  /** As MongoDB's driver makes the reasons of its errors. */
  class Topology {
    readonly servers = new Map([["db:27017", "Unknown"]]);

    toJSON() {
      return { servers: Object.fromEntries(this.servers.entries()) };
    }
  }

  test("of an error has what the error holds, also what makes its JSON by itself", () => {
    const { log, lines } = createCapture();
    const err = Object.assign(new Error("no server"), { reason: new Topology(), code: 7, counter: 8n });

    log.warn({ err, what: "commit" }, "failed");

    const reason = { servers: { "db:27017": "Unknown" } };
    expect(lines()[0]).toMatchObject({
      what: "commit",
      err: { message: "no server", stack: err.stack, reason, code: 7, counter: "8" },
    });
  });

  test.each([
    ["holds itself", (err: Error) => ({ holder: { err } })],
    ["holds what makes no JSON", () => ({ toJSON: () => assert.fail("no JSON") })],
  ])("of an error that %s has its message and its stack", (_what, held) => {
    const { log, lines } = createCapture();
    const err = new Error("no server");

    log.warn({ err: Object.assign(err, { held: held(err) }) }, "failed");

    expect(lines()[0]).toMatchObject({
      err: { type: "Error", message: "no server", stack: err.stack },
      msg: "failed",
    });
  });

  test.each(["password", "token", "authorization", "cookie", "secret"])(
    "never shows what is called %s, at the top or one level below",
    (name) => {
      const { log, texts, lines } = createCapture();

      log.info({ [name]: "hunter2", headers: { [name]: "hunter2", host: "x" } }, "secrets");

      expect(lines()[0]).toMatchObject({
        [name]: "[redacted]",
        headers: { [name]: "[redacted]", host: "x" },
      });
      expect(texts.join()).not.toContain("hunter2");
    },
  );
});

/** As ioredis makes them: with the command that failed. */
const refused = () => Object.assign(new Error("WRONGPASS"), { command: { name: "auth", args: ["hunter2"] } });

test.each([
  ["an error", refused()],
  ["its last node's", Object.assign(new Error("no node"), { lastNodeError: refused() })],
  ["its list's", Object.assign(new Error("all failed"), { previousErrors: [refused()] })],
  ["its parts'", new AggregateError([refused(), refused()], "two parts failed")],
  ["its cause's", new Error("outer", { cause: refused() })],
  ["one's that it holds deep within", Object.assign(new Error("outer"), { held: { by: { it: refused() } } })],
])("never shows the arguments of a command: %s", (_what, err) => {
  const { log, texts } = createCapture();

  log.error({ err }, "failed");

  expect(texts.join()).toContain(err.message);
  expect(texts.join()).not.toContain("hunter2");
});

describe("redactUri", () => {
  test.each([
    ["mongodb://user:hunter2@db:27017/shoal", "mongodb://***@db:27017/shoal"],
    ["mongodb://user@db/shoal", "mongodb://***@db/shoal"],
    ["mongodb://user:hunter2@a:1,b:2/shoal?authSource=admin", "mongodb://***@a:1,b:2/shoal"],
    ["mongodb+srv://user:p%40ss@db.example.com", "mongodb+srv://***@db.example.com"],
    ["redis://:hunter2@cache:6379/0", "redis://***@cache:6379/0"],
    ["rediss://cache?password=hunter2", "rediss://cache"],
    ["redis://ann:hun\nter2@cache\n", "redis://***@cache\n"],
    ["mongodb://ann:hunter2@db/shoal?a\nb=c", "mongodb://***@db/shoal"],
    ["mongodb://db/shoal", "mongodb://db/shoal"],
    ["mongodb://%2Ftmp%2Fmongodb.sock/shoal?directConnection=true", "mongodb://%2Ftmp%2Fmongodb.sock/shoal"],
  ])("%s", (uri, redacted) => {
    expect(redactUri(uri)).toBe(redacted);
  });
});

test("a password with an @ in it is hidden whole", () => {
  expect(redactUri("mongodb://ann:p@ss@db.example/shoal?authSource=admin")).toBe(
    "mongodb://***@db.example/shoal",
  );
});

test("an error that cannot be shown costs its line, not the process", () => {
  const { log, lines } = createCapture();
  const evil = Object.defineProperty(new Error("evil"), "detail", {
    enumerable: true,
    get() {
      throw new Error("cannot be looked at");
    },
  });

  log.error({ err: evil }, "failed");
  log.info("next");

  expect(lines().map(({ level, msg }) => [level, msg])).toEqual([
    ["error", "a log line was lost: its content cannot be shown"],
    ["info", "next"],
  ]);
});

test("an error of Redis does not show the command's arguments, which may be a password", () => {
  const { log, texts, lines } = createCapture();
  const error = Object.assign(new Error("WRONGPASS"), {
    command: { name: "auth", args: ["app", "hunter2"] },
  });

  log.error({ err: error }, "failed");

  expect(lines()[0]?.err).toMatchObject({ message: "WRONGPASS", command: { name: "auth" } });
  expect(texts.join()).not.toContain("hunter2");
});
