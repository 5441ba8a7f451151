import { fileURLToPath } from "node:url";
import { type Child, spawnNode } from "../support/child.js";

const SCRIPT = fileURLToPath(new URL("../../tools/chaos.mjs", import.meta.url));

async function outcome(...args: string[]): Promise<{ code: number | null; text: string }> {
  const child = await spawnNode(SCRIPT, { args });
  const { code } = await child.exited;
  return { code, text: textOf(child) };
}

function textOf(child: Child): string {
  return child.lines.map(({ text }) => text).join("\n");
}

describe("npm run chaos", () => {
  test("tells its usage", async () => {
    const { code, text } = await outcome("--help");

    expect(code).toBe(0);
    expect(text).toContain("--minutes N");
  });

  test.each([
    ["an unknown option", ["--no-such"], "--no-such"],
    ["a number that is none", ["--minutes", "soon"], "--minutes must be a number"],
    ["a number out of range", ["--instances", "1"], "--instances must be a whole number from 2"],
    ["a word too many", ["5"], "5"],
  ])("refuses %s with the usage", async (_what, args, problem) => {
    const { code, text } = await outcome(...args);

    expect(code).toBe(2);
    expect(text).toContain(problem);
    expect(text).toContain("Usage: npm run chaos");
  });

  test("ends at Ctrl-C with its summary and leaves no process behind", async () => {
    const args = ["--minutes", "5", "--seed", "7", "--fault", "redis subscribers cut"];
    const child = await spawnNode(SCRIPT, { args, stopWithinMs: 30_000 });
    await child.waitForLine(({ text }) => text.includes("all is well again"), { withinMs: 60_000 });

    const { code } = await child.stop("SIGINT");

    expect(textOf(child)).toContain("Interrupted after");
    expect(textOf(child)).toMatch(/lost +0\n/);
    expect(code).toBe(0);
    expect(child.family()).toEqual([]);
  });
});
