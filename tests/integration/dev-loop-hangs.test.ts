import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DevLoop, OLD_CODE_SERVES, ROUND, startDevLoop } from "../support/dev-loop.js";
import { eventually } from "../support/wait.js";

let loop: DevLoop;

beforeAll(async () => {
  loop = await startDevLoop();
});

/** The server that serves, and the process that waits to be the next one. */
const servers = () => loop.dev.family().filter(({ command }) => command.includes("server-process"));

async function bothServers(): Promise<number[]> {
  await eventually(() => expect(servers()).toHaveLength(2), ROUND);
  return servers().map(({ pid }) => pid);
}

/** Lets a server do something that never returns; resolves when it is at it, with the proof that its answer never comes. */
async function spin(message: string): Promise<{ isCut: Promise<void> }> {
  const spinning = loop.greetingOf(message).replace(/`Hello, .*`/, "body.name + never()");
  await loop.change(`${spinning}function never(): string {\n  console.log("spinning");\n  for (;;);\n}\n`);
  await loop.isServed(message);
  const start = loop.dev.lines.at(-1);
  const headers = { "Content-Type": "application/json" };
  const answer = fetch(`${loop.url}/hello`, { method: "POST", headers, body: '{"name":"ann"}' });
  const isCut = expect(answer).rejects.toThrow();
  await loop.dev.waitForLine(({ text }) => text === "spinning", { after: start, ...ROUND });
  return { isCut };
}

test("the process that waits to be the next server was killed: a change is served all the same", async () => {
  const [, waiting] = (await bothServers()).sort((one, other) => one - other);
  process.kill(waiting as number, "SIGKILL");
  await eventually(() => expect(servers()).toHaveLength(1));

  await loop.change(loop.greetingOf("by another one"));

  await loop.isServed("by another one");
});

test("while package.json is broken the old code serves on, and after that changes are served", async () => {
  const path = join(loop.project, "package.json");
  const start = loop.dev.lines.at(-1);
  await writeFile(path, "{");
  for (const { pid } of servers().slice(1)) process.kill(pid, "SIGKILL");
  await loop.change(loop.greetingOf("not yet"));
  await loop.dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), { after: start, ...ROUND });

  await writeFile(path, '{"dependencies":{}}');
  await loop.change(loop.greetingOf("now"));

  await loop.isServed("now");
});

test("code whose load has no end: the next change is served", async () => {
  const before = await loop.greeting();
  const start = loop.dev.lines.at(-1);
  await loop.change(`${loop.greetingOf("never")}await new Promise(() => {});\n`);
  await loop.dev.waitForLine(({ text }) => /changed: /.test(text), { after: start, ...ROUND });
  expect(await loop.greeting()).toBe(before);

  await loop.change(loop.greetingOf("has an end"));

  await loop.isServed("has an end");
});

test("a server that does not return from its code is killed when a change comes", async () => {
  const { isCut } = await spin("spins");
  const start = loop.dev.lines.at(-1);

  await loop.change(loop.greetingOf("answers"));

  await loop.isServed("answers");
  await isCut;
  expect(loop.linesAfter(start).some(({ text }) => /does not answer, and is killed/.test(text))).toBe(true);
});

test("a server that does not return from its code does not outlive the loop", async () => {
  const { isCut } = await spin("spins again");

  await loop.dev.stop("SIGINT");

  await isCut;
  expect(loop.dev.family()).toEqual([]);
});
