import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { io } from "socket.io-client";
import { createRoomClient } from "../../client/index.js";
import type { Child } from "../support/child.js";
import { onTestEnd } from "../support/cleanup.js";
import { type DevLoop, OLD_CODE_SERVES, ROUND, startDevLoop } from "../support/dev-loop.js";
import { logged } from "../support/line-log.js";
import { eventually } from "../support/wait.js";

let loop: DevLoop;
let dev: Child;
let project: string;
let source: string;
let { change, greetingOf, greeting, isServed, linesAfter } = {} as DevLoop;

beforeAll(async () => {
  loop = await startDevLoop();
  ({ dev, project, source, change, greetingOf, greeting, isServed, linesAfter } = loop);
});

test("a change is served by another process over the same database, and a client misses nothing", async () => {
  const socket = io(loop.url, { auth: { user: "ann" }, reconnectionDelay: 50 });
  const rooms = createRoomClient(socket);
  onTestEnd(() => {
    rooms.close();
    socket.disconnect();
  });
  const got: unknown[] = [];
  const room = rooms.room("kitchen", { start: { after: 0 }, onMessage: ({ body }) => void got.push(body) });
  const sent: number[] = [];
  const start = dev.lines.at(-1);
  let isDone = false;
  const publishing = (async () => {
    for (let body = 0; !isDone; body += 1) {
      await room.publish(body);
      sent.push(body);
      await pause(20);
    }
  })();

  await change(greetingOf("changed"));
  await isServed("changed");
  isDone = true;
  await publishing;

  await eventually(() => expect(got).toEqual(sent));
  expect(linesAfter(start).filter(logged("ready"))).toHaveLength(1);
  expect(linesAfter(start).filter(({ text }) => /embedded mongodb/.test(text))).toEqual([]);
});

test("files that are saved in the same moment are all served", async () => {
  const others = ["first", "second", "third"];
  const path = (name: string) => join(project, "src/app/hello", `${name}.ts`);
  for (const name of others) await writeFile(path(name), `export const ${name} = "old";\n`);
  const imports = others.map((name) => `import { ${name} } from "./${name}.js";\n`).join("");
  const joined = imports + source.replace('"Hello from Shoal"', `[${others.join(", ")}].join(" ")`);
  await change(joined);
  await isServed("old old old");

  for (const name of others) writeFileSync(path(name), `export const ${name} = "new";\n`);
  await isServed("new new new");

  for (const name of others) writeFileSync(path(name), `export const ${name} = "newer";\n`);
  writeFileSync(loop.sourcePath, joined.replace('join(" ")', 'join("+")'));
  await isServed("newer+newer+newer");
});

test("a removed file that is still needed is told, and the old code serves on", async () => {
  const needed = join(project, "src/app/hello/needed.ts");
  await writeFile(needed, 'export const needed = "needed";\n');
  const greeting = source.replace('"Hello from Shoal"', "needed");
  await change(`import { needed } from "./needed.js";\n${greeting}`);
  await isServed("needed");
  const start = dev.lines.at(-1);

  await rm(needed);

  await dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), { after: start, ...ROUND });
  await isServed("needed");
  await change(greetingOf("without it"));
  await isServed("without it");
});

test("a wrong type that changes no code is told", async () => {
  const typed = (type: string) => `${source}export const typed: ${type} = "text";\n`;
  await change(typed("string").replace("Hello from Shoal", "typed"));
  await isServed("typed");
  const start = dev.lines.at(-1);

  await change(typed("number").replace("Hello from Shoal", "typed"));

  await dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), { after: start, ...ROUND });
  expect(linesAfter(start).filter(({ text }) => /TS2322/.test(text))).toHaveLength(1);
});

test("a type that a change makes wrong in another source is told, until either is mended", async () => {
  const used = join(project, "src/app/hello/used.ts");
  const between = join(project, "src/app/hello/between.ts");
  await writeFile(used, 'export const used = "text";\n');
  await writeFile(between, 'export { used } from "./used.js";\n');
  const using = (type: string, message: string) =>
    `import { used } from "./between.js";\n${greetingOf(message)}export const typed: ${type} = used;\n`;
  await change(using("string", "a text"));
  await isServed("a text");
  const start = dev.lines.at(-1);

  await writeFile(used, "export const used = 1;\n");
  await dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), { after: start, ...ROUND });
  expect(linesAfter(start).filter(({ text }) => /TS2322/.test(text))).toMatchObject([
    {
      text: expect.stringMatching(
        /^src\/app\/hello\/hello\.feature\.ts:\d+:\d+ - error TS2322: Type 'number' /,
      ),
    },
  ]);

  await change(using("number", "a number"));
  await isServed("a number");
});

test("a compiler that was killed is launched again for the next change", async () => {
  for (const { pid } of dev.family().filter(({ command }) => command.includes("--lsp")))
    process.kill(pid, "SIGKILL");
  const start = dev.lines.at(-1);

  await change(`${greetingOf("wrong")}export const wrong: number = "text";\n`);
  await dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), { after: start, ...ROUND });

  expect(linesAfter(start).filter(({ text }) => /TS2322/.test(text))).toHaveLength(1);
  await change(greetingOf("mended"));
  await isServed("mended");
});

test("a file that is emptied before it is written is compiled only as a whole", async () => {
  const start = dev.lines.at(-1);

  for (const name of ["once", "twice", "thrice"]) {
    const file = openSync(loop.sourcePath, "w");
    await pause(60); // the editor's time
    writeSync(file, greetingOf(name));
    closeSync(file);
    await isServed(name);
  }

  expect(linesAfter(start).filter(({ text }) => /error|TS\d+|> what was served/.test(text))).toEqual([]);
});

test.each([
  ["a type error", (text: string) => `${text}\nexport const wrong: number = "text";\n`, /TS2322/],
  ["a variable that is not used", (text: string) => `${text}\nconst unused = 1;\n`, /TS6133/],
  ["a syntax error", (text: string) => `${text}\nexport const = 1;\n`, /Expected ident|Unexpected token/],
  ["code that cannot be loaded", (text: string) => `${text}\nthrow new Error("not today");\n`, /not today/],
])("%s is shown and the old code serves on, until it is mended", async (what, spoil, shown) => {
  const before = await greeting();
  const start = dev.lines.at(-1);

  await change(spoil(greetingOf(`with ${what}`)));
  await dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), { after: start, ...ROUND });

  expect(linesAfter(start).some(({ text }) => shown.test(text))).toBe(true);
  expect(linesAfter(start).filter(logged("stopping"))).toEqual([]);
  expect(await greeting()).toBe(before);
  await change(greetingOf(`without ${what}`));
  await isServed(`without ${what}`);
});

test("a start that fails is told, and the next change starts again", async () => {
  const start = dev.lines.at(-1);

  // Features are created by the start, not when their code is loaded.
  await change(source.replace("create: () => ({", 'create: () => ({\n    ...JSON.parse("no start"),'));
  await dev.waitForLine(({ text }) => /the next change starts it again/.test(text), {
    after: start,
    ...ROUND,
  });
  expect(linesAfter(start).some(({ text }) => text.includes("no start"))).toBe(true);

  await change(greetingOf("started again"));
  await isServed("started again");
});

test("a file of the page is served anew without a start", async () => {
  const start = dev.lines.at(-1);

  await writeFile(join(project, "public", "new.css"), "b { color: red }");

  await eventually(async () => expect(await (await fetch(`${loop.url}/new.css`)).text()).toContain("red"));
  expect(linesAfter(start).filter(({ text }) => /^> /.test(text))).toEqual([]);
});

test("nothing of it outlives it when it is killed", async () => {
  const before = dev.family();

  dev.kill("SIGKILL");
  await dev.exited;

  expect(before.length).toBeGreaterThan(2);
  await eventually(() => expect(dev.family()).toEqual([]), ROUND);
});
