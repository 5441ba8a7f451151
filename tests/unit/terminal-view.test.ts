import { createTerminalView } from "../../src/engine/process/terminal-view.js";

const show = createTerminalView(false);
const line = (fields: Record<string, unknown>): string =>
  show(
    `${JSON.stringify({ level: "info", time: "2026-01-02T03:04:05.678Z", pid: 1, instance: "i", ...fields })}\n`,
  );

const REQUEST = {
  worker: 1,
  requestId: "r-1",
  method: "GET",
  path: "/hello",
  durationMs: 3.1234,
  address: "::1",
};

test("an event is one line with its fields, without what all lines of a terminal have in common", () => {
  const text = line({ msg: "worker replaced", worker: 2, list: [1, 2], reason: "two words" });

  expect(text).toMatch(
    /^\[\d\d:\d\d:\d\d\.678\] INFO: worker replaced worker=2 list=\[1,2\] reason="two words"\n$/,
  );
});

test("a request is its method, path, status and time", () => {
  expect(line({ msg: "request", ...REQUEST, status: 200 })).toMatch(/ GET \/hello 200 3\.1 ms worker=1\n$/);
});

test("a request that went wrong has its id and address, too", () => {
  const text = line({ msg: "request", ...REQUEST, status: 500 });

  expect(text).toMatch(/ GET \/hello 500 3\.1 ms worker=1 requestId=r-1 address=::1\n$/);
});

test("an error has its stack below", () => {
  const text = line({
    level: "error",
    msg: "failed",
    err: { type: "Error", message: "m", stack: "Error: m\n    at f" },
  });

  expect(text).toMatch(/ ERROR: failed\n.*Error: m\n +at f/s);
});

test("ready says where, who may come in and, last, how to stop", () => {
  const text = line({
    msg: "ready",
    ...{ url: "http://localhost:3000", admin: "http://localhost:9464", auth: "none", workers: 1 },
    ...{ environment: "development", mongodb: "mongodb://db/x", redis: "off" },
  });

  expect(text.split("\n").slice(1)).toEqual([
    "",
    "  Address  http://localhost:3000",
    "  Private  http://localhost:9464 (health, metrics, operators)",
    "  Sign-in  AUTH=none: everybody is who they say they are",
    "  Runs     development, 1 worker",
    "  Stores   MongoDB mongodb://db/x, Redis off",
    "  Stop     Ctrl-C",
    "",
    "",
  ]);
});

test("ready names the variables that decide who may come in", () => {
  expect(line({ msg: "ready", auth: "jwt (AUTH_JWKS_URL)" })).toContain(
    "  Sign-in  AUTH=jwt (AUTH_JWKS_URL)\n",
  );
});

test.each(["\u001b[2J", "\u009b2J", "\u202e", "\r", "\n"])("%j in a field commands no terminal", (attack) => {
  for (const fields of [
    { msg: "request", ...REQUEST, path: `/${attack}`, status: 200 },
    { msg: "something", name: attack },
    { msg: attack },
  ]) {
    const text = line(fields);
    expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toMatch(/\n$/);
  }
});

test("colours are there only when they are asked for", () => {
  const colored = createTerminalView(true);
  const json = JSON.stringify({ level: "info", time: "2026-01-02T03:04:05.678Z", msg: "ready", url: "u" });

  expect(colored(json)).toContain("\u001b[");
  expect(show(json)).not.toContain("\u001b[");
});
