import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VARIABLES } from "../../src/engine/config/variables.js";
import { newProject, node, ROOT } from "../support/setup-project.js";

/** What a process has in PORT and WORKERS, after the project's .env was read. */
async function read(project: string, env: Record<string, string>) {
  const module = join(project, "scripts", "setup", "env-file.mjs");
  const script = join(project, "scripts", "setup", "failure.mjs");
  const code = `import { readEnvFile } from ${JSON.stringify(module)};
    import { runScript } from ${JSON.stringify(script)};
    await runScript(async () => readEnvFile());
    console.log(process.env.PORT, process.env.WORKERS);`;
  return node(project, ["--input-type=module", "--eval", code], env);
}

test("a .env is read, and what the environment has already wins", async () => {
  const project = await newProject({ ".env": "# comment\nPORT=1111\nWORKERS=3\n" });

  expect(await read(project, { PORT: "2222" })).toEqual({ code: 0, stdout: "2222 3\n", stderr: "" });
});

test("a variable of the environment that is empty counts as absent", async () => {
  const project = await newProject({ ".env": "PORT=1111\nWORKERS=3\n" });

  expect(await read(project, { PORT: "" })).toEqual({ code: 0, stdout: "1111 3\n", stderr: "" });
});

test("without a .env nothing is said", async () => {
  expect(await read(await newProject({}), {})).toEqual({
    code: 0,
    stdout: "undefined undefined\n",
    stderr: "",
  });
});

test("a .env may begin with a byte order mark, and have the line ends of Windows", async () => {
  const project = await newProject({ ".env": "\ufeffPORT=1111\r\nWORKERS=3\r\n" });

  expect(await read(project, {})).toEqual({ code: 0, stdout: "1111 3\n", stderr: "" });
});

test("a .env in another encoding stops with what it has to be, and with none of its text", async () => {
  const project = await newProject({});
  await writeFile(join(project, ".env"), Buffer.from("\ufeffPORT=1111\nMONGODB_URI=hunter2\n", "utf16le"));

  expect(await read(project, {})).toEqual({
    code: 1,
    stdout: "",
    stderr: ".env cannot be read: it must be UTF-8\n",
  });
});

test("a .env that cannot be read stops with its name", async () => {
  const project = await newProject({});
  await mkdir(join(project, ".env"));

  const { code, stderr } = await read(project, {});

  expect(code).not.toBe(0);
  expect(stderr).toContain(".env cannot be read");
});

test("a name in .env that nothing reads is told without its value, unless the server tells it as misspelt", async () => {
  const module = join(ROOT, "scripts", "setup", "env-file.mjs");
  const code = `import { tellUnknownVariables } from ${JSON.stringify(module)};
    await tellUnknownVariables({ PORT: "1", THREADS: "geheim", WOKERS: "2", MONGODB_PASSWORD: "geheim" });`;

  expect(await node(ROOT, ["--input-type=module", "--eval", code])).toEqual({
    code: 0,
    stdout: "",
    stderr: "> .env: THREADS is no variable of Shoal: nothing reads it\n",
  });
});

test("the example names only variables that there are", async () => {
  const example = await readFile(join(ROOT, ".env.example"), "utf8");
  const names = [...example.matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name]) => name);

  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => name === undefined || !(name in VARIABLES))).toEqual([]);
});
