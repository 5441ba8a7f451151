import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestEnd } from "../support/cleanup.js";
import { type DevLoop, ROUND, startDevLoop } from "../support/dev-loop.js";
import { signalIfAlive } from "../support/process-table.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";

let loop: DevLoop;

beforeAll(async () => {
  loop = await startDevLoop();
});

const src = () => join(loop.project, "src");
const away = () => join(loop.project, "away");

test("changes are served after src/ was moved away and back at once", async () => {
  await rename(src(), away());
  await rename(away(), src());

  for (const message of ["the first", "the second"]) {
    await loop.change(loop.greetingOf(message));
    await loop.isServed(message);
  }
});

test("while src/ is away it is waited for, and the old code serves on; then changes are served", async () => {
  const before = await loop.greeting();
  const start = loop.dev.lines.at(-1);
  await rename(src(), away());
  await loop.dev.waitForLine(({ text }) => text === "> src/ is away: it is waited for", {
    after: start,
    ...ROUND,
  });
  expect(await loop.greeting()).toBe(before);

  await rename(away(), src());
  await loop.change(loop.greetingOf("back"));
  await loop.isServed("back");
  expect(loop.linesAfter(start).filter(({ text }) => text.startsWith("> changed: "))).toHaveLength(1);
});

test("a check of types that takes long is told, with the number of sources", async () => {
  const compilers = () => loop.dev.family().filter(({ command }) => command.includes("--lsp"));
  await eventually(() => expect(compilers().length).toBeGreaterThan(0), ROUND);
  const start = loop.dev.lines.at(-1);
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of compilers()) signalIfAlive(pid, name);
  };
  onTestEnd(() => signal("SIGCONT"));
  signal("SIGSTOP");

  await loop.change(loop.greetingOf("late"));
  await loop.dev.waitForLine(({ text }) => /^> checking the types of [1-9]\d* sources?$/.test(text), {
    after: start,
    ...ROUND,
  });
  signal("SIGCONT");

  await loop.isServed("late");
});

test("where the file system tells of no changes, as that of a network, they are served all the same", async () => {
  const silent = join(await tempDir("silent"), "silent.cjs");
  await writeFile(
    silent,
    `const fs = require("node:fs");
const { EventEmitter } = require("node:events");
const silence = () => Object.assign(new EventEmitter(), { close() {}, ref() {}, unref() {} });
fs.watch = silence;
fs.watchFile = silence;
require("node:module").syncBuiltinESMExports();
`,
  );
  const deaf = await startDevLoop({ NODE_OPTIONS: `--require ${silent}` });

  await deaf.change(deaf.greetingOf("seen"));

  await deaf.isServed("seen");
});
