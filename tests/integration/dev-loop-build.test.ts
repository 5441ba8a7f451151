import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { newDevProject, OLD_CODE_SERVES, ROUND, runDevLoop, startDevLoop } from "../support/dev-loop.js";
import { eventually } from "../support/wait.js";

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s during the first build ends the compiler in the midst of its work, too",
  async (signal) => {
    const project = await newDevProject();
    await rm(join(project, "dist"), { recursive: true });
    const { dev } = await runDevLoop(project);
    // Of the server, which takes longer than the client library. It pays no heed to signals of a terminal while it compiles.
    const compiles = ({ command }: { command: string }) => /\/lib\/tsc -p \.$/.test(command);
    await eventually(() => expect(dev.family().filter(compiles)).toHaveLength(1), ROUND);

    dev.kill(signal);
    await dev.exited;

    await eventually(() => expect(dev.family()).toEqual([]), ROUND);
    expect(existsSync(join(project, "dist", "main.js"))).toBe(false);
  },
);

test.each(["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"])(
  "a syntax error is told without the compiler's own stack, also with %s=1",
  async (variable) => {
    const loop = await startDevLoop({ [variable]: "1" });
    const start = loop.dev.lines.at(-1);

    await loop.change(`${loop.source}\nexport const = 1;\n`);
    await loop.dev.waitForLine(({ text }) => OLD_CODE_SERVES.test(text), ROUND);

    const told = loop.linesAfter(start).map(({ text }) => text);
    expect(told.join("\n")).toMatch(/Expected ident|Unexpected token/);
    expect(told.filter((text) => /backtrace|^ +\d+: /i.test(text))).toEqual([]);
  },
);
