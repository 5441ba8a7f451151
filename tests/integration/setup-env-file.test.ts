import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { VARIABLES } from "../../src/engine/config/variables.js";
import { newProject, node, ROOT } from "../support/setup-project.js";

/** What a process has in PORT and WORKERS, after the project's .env was read. */
async function read(project: string, env: Record<string, string>) {
  const module = join(project, "scripts", "setup", "env-file.mjs");
  const code = `import { readEnvFile } from ${JSON.stringify(module)}; readEnvFile();
    console.log(process.env.PORT, process.env.WORKERS);`;
  return node(project, ["--input-type=module", "--eval", code], env);
}

test("a .env is read, and what the environment has already wins", async () => {
  const project = await newProject({ ".env": "# comment\nPORT=1111\nWORKERS=3\n" });

  expect(await read(project, { PORT: "2222" })).toEqual({ code: 0, stdout: "2222 3\n", stderr: "" });
});

test("without a .env nothing is said", async () => {
  expect(await read(await newProject({}), {})).toEqual({
    code: 0,
    stdout: "undefined undefined\n",
    stderr: "",
  });
});

test("a .env that cannot be read stops with its name", async () => {
  const project = await newProject({});
  await mkdir(join(project, ".env"));

  const { code, stderr } = await read(project, {});

  expect(code).not.toBe(0);
  expect(stderr).toContain(".env cannot be read");
});

test("the example names only variables that there are", async () => {
  const example = await readFile(join(ROOT, ".env.example"), "utf8");
  const names = [...example.matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name]) => name);

  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => name === undefined || !(name in VARIABLES))).toEqual([]);
});
