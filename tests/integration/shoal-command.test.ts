import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { COMMANDS } from "../../src/cli/commands.js";
import { helpOf } from "../../src/cli/help.js";
import { apiOf, makeKey } from "../support/api-keys.js";
import { spawnNode, spawnProgram } from "../support/child.js";
import { connectClient } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { distFile } from "../support/program-path.js";
import { node, ROOT } from "../support/setup-project.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually, once } from "../support/wait.js";

const MAIN = distFile("cli/main.js");
const all = makeKey("all");
const writer = makeKey("writer", { "*": ["publish"] });
const reader = makeKey("reader", { "*": ["page"] });

let worker: RunningWorker;
let shoalApi: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const env = { API_KEYS: JSON.stringify([all.entry, writer.entry, reader.entry]) };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  shoalApi = apiOf(worker.url, all.key);
});

/** Runs `shoal` with these arguments and variables. */
const shoal = (args: readonly string[], env: Record<string, string> = {}) => node(ROOT, [MAIN, ...args], env);
const withKey = (key = all.key) => ({ SHOAL_URL: worker.url, SHOAL_KEY: key });
const newItem = (room: string, id: string = randomUUID()) => ({ room, id, from: "cron", body: id });
const linesOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

test("what publish stores is listed by rooms and read by tail, with a key", async () => {
  const first = await shoal(["publish", "told:a", "hello\u001b[2J", "--from", "cron"], withKey());
  const again = await shoal(["publish", "told:a", '{"n":1}', "--json", "--id", "m-2"], withKey());
  await shoal(["publish", "other", "hidden"], withKey());

  expect([first.code, first.stdout]).toEqual([0, "stored in told:a as 1\n"]);
  expect(JSON.parse(again.stdout)).toEqual({ room: "told:a", id: "m-2", seq: 2 });
  const rooms = await shoal(["rooms", "--prefix", "told:", "--json"], withKey());
  expect(linesOf(rooms.stdout)).toEqual([{ room: "told:a", epoch: expect.any(String), floor: 0, head: 2 }]);
  const read = await shoal(["tail", "told:a", "--no-follow", "--json"], withKey());
  expect(linesOf(read.stdout)).toMatchObject([
    { seq: 1, from: "cron", body: "hello\u001b[2J" },
    { seq: 2, from: "shoal", body: { n: 1 } },
  ]);
  const shown = await shoal(["tail", "told:a", "--no-follow", "--from", "1"], withKey());
  expect(shown.stdout).toMatch(/^1 {2}\S+ {2}cron: hello\\u001b\[2J\n2 {2}\S+ {2}shoal: \{"n":1\}\n$/);
});

test("without a key it speaks as a user, whose body may come from standard input", async () => {
  const child = await spawnNode(MAIN, {
    args: ["publish", "mine", "-", "--user", "ann"],
    env: { SHOAL_URL: worker.url },
  });
  expect((await child.exited).code).toBe(0);

  const { stdout } = await shoal(["tail", "mine", "--last", "1", "--no-follow", "--json"], {
    SHOAL_URL: worker.url,
  });
  expect(linesOf(stdout)).toMatchObject([{ seq: 1, from: "ann", body: "" }]);
});

test("tail gives what comes while it follows, and over a break of the line nothing twice", async () => {
  const { hostname: host, port } = new URL(worker.url);
  const proxy = await startTcpProxy({ target: { host, port: Number(port) } });
  const publish = (id: string) => shoalApi("POST", "/v1/publish", { items: [newItem("followed", id)] });
  await publish("m-1");
  const url = `http://${proxy.host}:${proxy.port}`;
  const child = await spawnNode(MAIN, {
    args: ["tail", "followed", "--json", "--url", url],
    env: { SHOAL_KEY: all.key },
  });
  const withBody = (body: string) => child.waitForLine(({ fields }) => fields.body === body);

  await withBody("m-1");
  await publish("m-2");
  await withBody("m-2");
  proxy.set("reset");
  await child.waitForLine(({ text }) => text.endsWith("trying again"));
  await publish("m-3");
  proxy.set("pass");
  await withBody("m-3");

  const results = child.lines.filter(({ stream }) => stream === "stdout");
  expect(results.map(({ fields }) => fields.seq)).toEqual([1, 2, 3]);
  expect(child.lines.filter(({ text }) => text.endsWith("trying again"))).toHaveLength(1);
  expect(await child.stop("SIGINT")).toEqual({ code: 0, signal: null });
});

test("kick ends a user's connections, for good where he is to stay away", async () => {
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" }, reconnection: true });
  const ended = once(socket, "disconnect");

  const { code, stdout } = await shoal(["kick", "ann", "--stay-away"], withKey());

  expect([code, stdout]).toEqual([0, "1 connection of ann ended; stock clients stay away\n"]);
  expect(await ended).toEqual(expect.arrayContaining(["io server disconnect"]));
  expect(socket.active).toBe(false);
});

test("token signs what the server's configuration takes, and refuses what it would not", async () => {
  const AUTH_SECRET = "of-the-test-of-the-test-of-the-test";
  const env = { AUTH_SECRET, AUTH_ISSUER: "https://id.example", AUTH_AUDIENCE: "shoal,other" };
  const { stdout } = await shoal(["token", "--user", "ann", "--caps", '{"*":["read"]}', "--ttl", "15m"], env);

  const { payload } = await jwtVerify(stdout.trim(), new TextEncoder().encode(AUTH_SECRET), {
    issuer: "https://id.example",
    audience: "shoal",
  });
  expect(payload).toMatchObject({ sub: "ann", caps: { "*": ["read"] } });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(900);
  for (const [args, told] of [
    [["--user", "a b"], "--user is required, and must be 1 to 128 letters"],
    [["--user", "ann", "--caps", '{"*":["raed"]}'], "--caps must have only"],
    [["--user", "ann", "--ttl", "2d"], "--ttl must be at most 86400s, which is AUTH_MAX_TTL_SECONDS"],
    [["--user", "ann", "--count", "2"], "--user must contain {n} with --count"],
    [["--user", "u{n}", "--count", "0"], "--count must be a whole number from 1 to 1000000"],
  ] as const) {
    const refused = await shoal(["token", ...args], env);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain(told);
    expect(refused.stderr).not.toContain(AUTH_SECRET);
  }
});

test("token --count signs one for each of many users, a line each", async () => {
  const AUTH_SECRET = "of-the-test-of-the-test-of-the-test";
  const { code, stdout } = await shoal(["token", "--user", "u{n}", "--count", "3"], { AUTH_SECRET });

  expect(code).toBe(0);
  const tokens = stdout.trim().split("\n");
  const users = tokens.map(async (token) => {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(AUTH_SECRET));
    return payload.sub;
  });
  expect(await Promise.all(users)).toEqual(["u1", "u2", "u3"]);
});

describe("what cannot be done", () => {
  const onlyLine = (stderr: string) => {
    expect(stderr.split("\n")).toHaveLength(2);
    return stderr;
  };

  test("is said in one line, without a key and without a stack", async () => {
    const folder = await tempDir("key");
    await writeFile(join(folder, "key"), `${writer.key}\n`);
    const elsewhere = "http://127.0.0.1:9";
    const cases = [
      [
        ["rooms", "--key-file", join(folder, "key")],
        { SHOAL_URL: worker.url },
        1,
        "The key may not do this: it needs `rooms`\n",
      ],
      [["kick", "ann"], withKey(writer.key), 1, "The key may not do this: it needs `users`\n"],
      [["tail", "kitchen"], withKey(writer.key), 1, "The key may not do this: it needs `page` in kitchen\n"],
      [["kick", "ann"], withKey("no.such"), 1, "does not know the key (SHOAL_KEY, --key-file), and"],
      [["publish", "kitchen", "x"], withKey(reader.key), 1, "it needs `publish` in kitchen\n"],
      [["rooms"], { SHOAL_URL: elsewhere, SHOAL_KEY: all.key }, 1, `Nothing answers at ${elsewhere}`],
      [["tail", "kitchen"], { SHOAL_URL: elsewhere }, 1, `Nothing answers at ${elsewhere}`],
      [["kick", "ann"], { SHOAL_URL: worker.url }, 2, "A key is needed: in SHOAL_KEY"],
      [["rooms", "--key", all.key], { SHOAL_URL: worker.url }, 2, "Unknown option '--key'"],
      [["tail"], {}, 2, "ROOM is missing"],
      [["token", "--user", "ann"], {}, 2, "AUTH jwt needs exactly one of AUTH_JWKS_URL"],
      [["token", "--user", "ann"], { AUTH: "none" }, 2, "AUTH is none: the server looks at no token"],
      [["dig"], {}, 2, 'no command "dig"; see shoal --help'],
      [["dcotor"], {}, 2, 'no command "dcotor": was doctor meant?'],
      [["Rooms"], {}, 2, 'no command "Rooms": was rooms meant?'],
      [["help", "dcotor"], {}, 2, 'no command "dcotor": was doctor meant?'],
      [["doctor", "--jsn"], {}, 2, "Unknown option '--jsn': was --json meant?; see shoal doctor --help"],
      [["doctor", "--all"], {}, 2, "Unknown option '--all'; see shoal doctor --help"],
    ] as const;

    const runs = await Promise.all(cases.map(([args, env]) => shoal(args, { ...env })));
    for (const [index, [args, , code, told]] of cases.entries()) {
      const run = runs[index];
      expect([args, run?.code, run?.stdout]).toEqual([args, code, ""]);
      expect(onlyLine(run?.stderr ?? "")).toContain(told);
      for (const secret of [all.secret, writer.secret]) expect(run?.stderr).not.toContain(secret);
    }
  });
});

test("revoke makes a user's tokens void, or one token, and says from when on everywhere", async () => {
  const secret = "of-the-test-of-the-test-of-the-test";
  const key = makeKey("ops", { "*": ["revoke"] });
  const env = { AUTH: "jwt", AUTH_SECRET: secret, API_KEYS: JSON.stringify([key.entry]) };
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const { stdout: token } = await shoal(["token", "--user", "ann"], { AUTH_SECRET: secret });
  const { socket } = await connectClient(url, { auth: { token: token.trim() } });
  const closing = once<[{ code: string }]>(socket, "closing", 20_000);
  const withIt = { SHOAL_URL: url, SHOAL_KEY: key.key };

  const [ofUser, ofToken] = [
    await shoal(["revoke", "ann"], withIt),
    await shoal(["revoke", "token:x"], withIt),
  ];

  const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
  const times = `: on all instances by ${time}, and the last connection is closed by ${time}\n$`;
  expect([ofUser.code, ofToken.code]).toEqual([0, 0]);
  expect(ofUser.stdout).toMatch(new RegExp(`^Tokens of ann issued before ${time} are void${times}`));
  expect(ofToken.stdout).toMatch(new RegExp(`^The token x is void${times}`));
  expect((await closing)[0].code).toBe("token_revoked");
  const list = await shoal(["revoke", "user:ann", "--json"], withIt);
  expect(JSON.parse(list.stdout)).toMatchObject({ target: "user:ann", issuedBefore: expect.any(Number) });
});

test("who is not known by a name alone is told what to set, and whose token is not taken which it was", async () => {
  const secret = "of-the-test-of-the-test-of-the-test";
  const env = { AUTH: "jwt", AUTH_SECRET: secret, AUTH_DEFAULT_CAPS: "{}" };
  const { url: SHOAL_URL } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const { stdout: token } = await shoal(["token", "--user", "ann"], { AUTH_SECRET: secret });

  const runs = await Promise.all([
    shoal(["tail", "kitchen", "--user", "ann"], { SHOAL_URL }),
    shoal(["tail", "kitchen"], { SHOAL_URL, SHOAL_TOKEN: `${token.trim()}x` }),
    shoal(["publish", "kitchen", "x"], { SHOAL_URL, SHOAL_TOKEN: token.trim() }),
  ]);

  expect(runs.map(({ code, stderr }) => [code, stderr.replace(/:\/\/[\w.:]+/, "")])).toEqual([
    [1, expect.stringMatching(/^shoal tail: .* set SHOAL_KEY or SHOAL_TOKEN\n$/)],
    [1, expect.stringContaining("does not take the token (SHOAL_TOKEN), and its log says why")],
    [1, "shoal publish: The token may not do this: it needs `publish` in kitchen\n"],
  ]);
});

test("a reader that goes away ends tail without a word", async () => {
  const publish = () => shoalApi("POST", "/v1/publish", { items: [newItem("cut")] });
  const line = '"$0" "$1" tail cut --from 1 | head -1';
  const args = ["-c", line, process.execPath, MAIN];
  const child = await spawnProgram("sh", { args, env: withKey() });
  let isOver = false;
  void child.exited.then(() => {
    isOver = true;
  });

  await eventually(async () => {
    await publish(); // it finds out when it writes
    expect(isOver).toBe(true);
  });
  expect(child.lines.map(({ stream }) => stream)).toEqual(["stdout"]);
});

test("help of a command is asked for in front of it as well", async () => {
  const [before, behind] = await Promise.all([shoal(["help", "tail"]), shoal(["tail", "--help"])]);

  expect([before.code, before.stdout]).toEqual([0, behind.stdout]);
  expect(before.stdout).toContain("--no-follow");
});

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  "the help of %s has each argument, example and exit code",
  (_name, command) => {
    const help = helpOf(command);

    for (const word of [
      ...command.operands.map(({ name }) => name),
      ...Object.keys(command.options).map((name) => `--${name}`),
      ...command.examples.map(({ line }) => line),
      ...Object.keys(command.exits),
    ])
      expect(help).toContain(word);
    expect(help.split("\n").filter((text) => text.length > 110 && !text.startsWith("  shoal"))).toEqual([]);
  },
);
