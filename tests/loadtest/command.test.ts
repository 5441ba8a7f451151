import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, spawnNode } from "../support/child.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { tempDir } from "../support/temp-dir.js";
import { secretKey, signToken } from "../support/tokens.js";
import { type Faults, startRoomServer } from "./support/room-server.js";

const SCRIPT = fileURLToPath(new URL("../../tools/loadtest.mjs", import.meta.url));
const QUICK = ["--ramp", "50ms", "--duration", "600ms"];

let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor() });
});

async function start(...args: string[]): Promise<{ child: Child; report: string }> {
  const report = join(await tempDir("loadtest"), "report.html");
  return { child: await spawnNode(SCRIPT, { args: [...args, "--report", report] }), report };
}

async function outcome(...args: string[]) {
  const { child, report } = await start(...args);
  const { code } = await child.exited;
  return { code, text: textOf(child), report };
}

const durableRun = (url: string) =>
  outcome("--url", url, "--durable", "--connections", "4", "--rate", "20", "--settle", "1s", ...QUICK);

function textOf(child: Child): string {
  return child.lines.map(({ text }) => text).join("\n");
}

async function reportOf(path: string) {
  const html = await readFile(path, "utf8");
  return { html, json: JSON.parse(await readFile(path.replace(/html$/, "json"), "utf8")) };
}

describe("npm run loadtest", () => {
  test("tells its usage", async () => {
    const child = await spawnNode(SCRIPT, { args: ["--help"] });

    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(textOf(child)).toContain("--connections N");
  });

  test.each([
    [["--no-such"], "--no-such"],
    [["--url", "nonsense"], "--url must be"],
    [["--connections", "0"], "--connections must be a whole number from 1"],
    [["--rate", "much"], "--rate must be a number"],
    [["--transport", "pigeon"], "--transport must be one of"],
    [["--duration", "1 day"], "--duration must be a time"],
    [["--max-loss", "2"], "--max-loss must be"],
    [["--tokens", "/no/such/file"], "--tokens: there is no file /no/such/file"],
    [["--tokens", "/dev/null"], "--tokens: there is no token in /dev/null"],
    [["--ramp", "1s", "--connect-rate", "5"], "--connect-rate and --ramp exclude each other"],
    [["--connections", "1000000", "--processes", "1"], "--processes must be at least"],
  ])("refuses %j with the usage", async (args, problem) => {
    const { code, text } = await outcome(...args);

    expect(code).toBe(2);
    expect(text.split("\n")[0]).toContain(problem);
    expect(text).toContain("Usage: npm run loadtest");
  });

  test("tells in one line that there is no server", async () => {
    const { code, text } = await outcome("--url", "http://127.0.0.1:9");

    expect(code).toBe(1);
    expect(text).toBe("Cannot connect to http://127.0.0.1:9: ECONNREFUSED");
  });

  test("passes and writes its report when all arrives", async () => {
    const args = ["--connections", "20", "--rooms", "2", "--rate", "50", "--processes", "2", ...QUICK];
    const limits = ["--transport", "mixed", "--max-loss", "0", "--max-p99-ms", "10000"];
    const { code, text, report } = await outcome("--url", worker.url, ...args, ...limits);

    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/missing +0 of [1-9]/) });
    expect(text).toMatch(/(load|settle) +connected +20 /);
    const { html, json } = await reportOf(report);
    expect(json).toMatchObject({ peakConnected: 20, missing: 0, violations: [], errors: {} });
    expect(json.totals.deliveries).toBe(json.totals.sent * 9);
    expect(html.match(/<svg /g)).toHaveLength(6);
    expect(html).not.toMatch(/<script|<link|src=/);
  });

  test("passes with durable rooms that keep everything", async () => {
    const args = ["--durable", "--connections", "12", "--rooms", "3", "--rate", "60", "--processes", "2"];
    const { code, text, report } = await outcome("--url", worker.url, ...args, ...QUICK);

    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/misplaced +0, 0, 0/) });
    const { json } = await reportOf(report);
    expect(json.totals.acked).toBeGreaterThan(0);
    expect(json.totals.deliveries).toBe(json.totals.acked * 4);
  });

  describe("against a server that wants tokens", () => {
    const secret = "of-the-test-of-the-test-of-the-test";
    let url: string;

    beforeAll(async () => {
      const mongo = await startMongo();
      const env = { AUTH: "jwt", AUTH_SECRET: secret };
      ({ url } = await startWorker({ mongodbUri: mongo.uriFor(), env }));
    });

    test("deals tokens out to the connections, and writes none into its reports", async () => {
      const caps = { "loadtest:*": ["read", "publish"] };
      const users = ["ann", "bob", "cid"].map((sub) => signToken(secretKey(secret), { sub, caps }));
      const tokens = await Promise.all(users);
      const file = join(await tempDir("tokens"), "tokens.txt");
      await writeFile(file, tokens.join("\n"));
      const args = ["--durable", "--tokens", file, "--connections", "7", "--rate", "30", "--processes", "2"];
      const { code, text, report } = await outcome("--url", url, ...args, ...QUICK);

      expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/misplaced +0, 0, 0/) });
      const { html, json } = await reportOf(report);
      expect(json).toMatchObject({ peakConnected: 7, missing: 0, errors: {} });
      for (const token of tokens) expect(`${html}${JSON.stringify(json)}${text}`).not.toContain(token);
    });

    test("says without tokens why it cannot connect", async () => {
      const { code, text } = await outcome("--url", url, ...QUICK);

      expect(code).toBe(1);
      expect(text).toMatch(/^Cannot connect to http:\S+: refused: .*token/i);
    });
  });

  test("fails for a latency above its threshold and names it", async () => {
    const { code, text } = await outcome("--url", worker.url, "--max-p99-ms", "0", ...QUICK);

    expect(code).toBe(1);
    expect(text).toMatch(/FAILED --max-p99-ms 0: p99 was [\d.]+ ms/);
    expect(text).not.toContain("--max-loss");
  });

  test.each<[string, Faults, RegExp]>([
    ["loses", { live: ([first]) => [first] }, /FAILED --max-loss 0: [1-9]\d* of /],
    ["doubles", { live: ([first, second]) => [first, first, second] }, /FAILED .*were duplicated/],
    ["swaps", { live: ([first, second]) => [second, first] }, /FAILED .*were disordered/],
  ])("fails for durable rooms when the server %s messages", async (_what, faults, finding) => {
    const { code, text } = await durableRun(await startRoomServer(faults));

    expect(code).toBe(1);
    expect(text).toMatch(finding);
    expect(text).toMatch(/FOUND loadtest:\w+:0: connection \d (never got|got) number \d+/);
  });

  test("passes for durable rooms when gaps tell of lost events", async () => {
    let events = 0;
    const live: Faults["live"] = (messages) => (events++ % 2 === 0 ? undefined : messages);
    const { code, text } = await durableRun(await startRoomServer({ live }));

    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/missing +0 of [1-9]/) });
  });

  test("passes for durable rooms when it has to send again what was not acknowledged", async () => {
    const { code, text, report } = await durableRun(await startRoomServer({ breakAt: 3 }));

    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(/missing +0 of [1-9]/) });
    const { totals, unconfirmed } = (await reportOf(report)).json;
    expect({ reconnects: totals.reconnects, unconfirmed }).toEqual({ reconnects: 4, unconfirmed: 0 });
    expect(totals.acked).toBe(totals.sent);
  });

  test("comes back when the server has gone, and tells how long it was away", async () => {
    const mongo = await startMongo();
    const first = await startWorker({ mongodbUri: mongo.uriFor() });
    const args = [
      "--connections",
      "5",
      "--rate",
      "20",
      "--ramp",
      "100ms",
      "--duration",
      "10m",
      "--settle",
      "0s",
    ];
    const { child } = await start("--url", first.url, ...args);
    await child.waitForLine(({ text }) => /load +connected +5 /.test(text));

    await first.stop();
    const away = await child.waitForLine(({ text }) => /reconnecting 5 /.test(text));
    await startWorker({ mongodbUri: mongo.uriFor(), env: { PORT: new URL(first.url).port } });
    await child.waitForLine(({ text }) => /connected +5 +reconnecting 0 /.test(text), {
      after: away,
      withinMs: 60_000,
    });

    expect((await child.stop("SIGINT")).code).toBe(0);
    expect(textOf(child)).toMatch(/reconnects +5\n/);
    expect(textOf(child)).toMatch(/time away +p50 [\d,.]+ /);
    expect(textOf(child)).toMatch(/missing +[1-9]\d* of/);
  });

  test("ends at Ctrl-C with its summary and its report and leaves no process behind", async () => {
    const args = ["--connections", "5", "--duration", "10m", "--ramp", "100ms", "--processes", "2"];
    const { child, report } = await start("--url", worker.url, ...args);
    await child.waitForLine(({ text }) => /deliveries [1-9]/.test(text));

    const { code } = await child.stop("SIGINT");

    expect(code).toBe(0);
    expect(textOf(child)).toContain(", interrupted");
    expect((await reportOf(report)).json).toMatchObject({ interrupted: true, missing: 0 });
    expect(child.family()).toEqual([]);
  });
});
