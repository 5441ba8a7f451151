import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../tools/shared/ports.js";
import { type Child, spawnProgram } from "../support/child.js";
import { PROJECT } from "../support/readme.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";

/** Where the documents say that the server is. */
const DOCUMENTED_URL = "http://localhost:3000";
/** Where the documents keep an outbox. */
const DOCUMENTED_DIRECTORY = "data/outbox";
let shoal: Shoal;

beforeAll(async () => {
  shoal = await spawnShoal({ workers: 2 });
});

/** Runs an example, which the documents print as it is, against this server or another one, and with a directory of its own. */
function run(file: string, url = shoal.url, directory = DOCUMENTED_DIRECTORY): Promise<Child> {
  const code = readFileSync(join(PROJECT, "examples", file), "utf8");
  expect(code).toContain(`"${DOCUMENTED_URL}"`);
  const program = code.replaceAll(DOCUMENTED_URL, url).replaceAll(DOCUMENTED_DIRECTORY, directory);
  return spawnProgram(process.execPath, {
    args: ["--input-type=module", "--eval", program],
    cwd: PROJECT,
  });
}

test("README's program shows its messages in the order of their numbers, and when each is stored", async () => {
  const child = await run("room.mjs");

  await child.waitForLine(({ text }) => /^stored as \{.* seq: 2\b/.test(text), { withinMs: 30_000 });
  const shown = child.lines.map(({ text }) => /^(\d+) ann it is \d{4}-/.exec(text)?.[1]).filter(Boolean);

  expect(shown.slice(0, 2)).toEqual(["1", "2"]);
});

test("of two who run the program without a library, one gets what the other says", async () => {
  const first = await run("without-library.mjs");
  await first.waitForLine(({ text }) => text.includes("ok: true"), { withinMs: 30_000 });
  const second = await run("without-library.mjs");

  await second.waitForLine(({ text }) => text.includes("ok: true"), { withinMs: 30_000 });
  await first.waitForLine(({ text }) => text.includes("body: 'hello'"), { withinMs: 30_000 });
  expect(second.lines.some(({ text }) => text.startsWith("message "))).toBe(false);
});

test("the program that calls routes stores, reads and is refused", async () => {
  const child = await run("routes.mjs");
  await expect(child.exited).resolves.toEqual({ code: 0, signal: null });

  expect(child.lines.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^stored \{ room: 'kitchen', seq: \d+,/),
    expect.stringMatching(/^read up to \d+$/),
    "refused invalid false undefined",
  ]);
});

test("the chat says when it is connected, who is there, what came before and when its message is stored", async () => {
  const first = await run("chat.mjs");
  await first.waitForLine(({ text }) => text.startsWith("state: stored as"), { withinMs: 30_000 });
  const second = await run("chat.mjs");
  const { text } = await second.waitForLine((line) => line.text.startsWith("state: stored as"), {
    withinMs: 30_000,
  });
  const own = `show ${text.slice("state: stored as ".length)} ann hello`;

  await first.waitForLine((line) => line.text === own, { withinMs: 30_000 });
  const lines = second.lines.map((line) => line.text);
  expect(lines).toContain("state: connected");
  expect(lines.filter((line) => /^state: (not stored|refused|ended|reconnecting)/.test(line))).toEqual([]);
  await second.waitForLine((line) => line.text.startsWith("people: ["), { withinMs: 30_000 });
});

/** What is written in the files of a directory. */
const allIn = (directory: string): string =>
  readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .join("\n");

test("the outbox of a program that was killed while the server was away goes out first when it runs again", async () => {
  const directory = await tempDir("outbox");
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const first = await run("outbox.mjs", nobody, directory);
  const { text } = await first.waitForLine((line) => line.text.startsWith("outbox: kept written at"), {
    withinMs: 30_000,
  });
  const [unsent = ""] = text.match(/written at \S+/) ?? [];
  await first.waitForLine((line) => line.text === "status: offline", { withinMs: 30_000 });
  await eventually(() => expect(allIn(directory)).toContain(unsent));
  await first.killFamily();

  // The address is a part of the outbox's name: the server comes up where it was expected.
  await spawnShoal({ env: { PORT: new URL(nobody).port } });
  const second = await run("outbox.mjs", nobody, directory);
  await expect(second.exited).resolves.toEqual({ code: 0, signal: null });

  const lines = second.lines.map((line) => line.text);
  expect(lines).toContainEqual(expect.stringMatching(`^outbox: kept ${unsent} written at `));
  expect(lines.filter((line) => line.startsWith("stored:"))).toEqual([
    `stored: ${unsent} 1`,
    expect.stringMatching(/^stored: written at \S+ 2$/),
  ]);
});
