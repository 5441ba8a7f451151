import { execFile } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempDir } from "./temp-dir.js";

/** The project under test. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a program ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node.js in `cwd` with a nearly bare environment. Does not fail. */
export function node(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const all = { PATH: dirname(process.execPath), ...env };
    execFile(process.execPath, args, { cwd, env: all }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** The values that a program has shown, one line of JSON each. It has complained of nothing. */
export function shown(run: Run): unknown[] {
  expect(run.stderr).toBe("");
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** What `expression` gives, with `names` imported from one of the set-up modules. */
export async function evaluate(module: string, names: string, expression: string): Promise<unknown> {
  const path = join(ROOT, "scripts", "setup", module);
  const code = `import { ${names} } from ${JSON.stringify(path)}; console.log(JSON.stringify(${expression}));`;
  const { stdout, stderr } = await node(ROOT, ["--input-type=module", "--eval", code]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

/** A project of its own around the real scripts. */
export async function newProject(files: Record<string, string>): Promise<string> {
  const project = await tempDir("project");
  await cp(join(ROOT, "scripts"), join(project, "scripts"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), content);
  }
  return project;
}
