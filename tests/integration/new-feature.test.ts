import { cp, mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { node, ROOT, type Run } from "../support/setup-project.js";
import { tempDir } from "../support/temp-dir.js";

/** All that a feature is made, checked and run with. */
const COPIED = [
  ...[
    "src",
    "client",
    "dist",
    "examples",
    "public",
    "scripts",
    "tools/shared",
    "tools/stack",
    "tests/support",
    "tests/fixtures",
    "tests/tsconfig.json",
  ],
  ...["biome.json", "tsconfig.json", "jest.config.mjs", "package.json", "package-lock.json", ".gitignore"],
];

const NOTES = ["feature", "model", "service"].map((part) => `src/app/notes/notes.${part}.ts`);

/** The blocks of code of a page that stand below the name of a file, by that name. */
async function blocksOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(ROOT, page), "utf8");
  const blocks = text.matchAll(/^`([\w./-]+\.ts)`[^\n]*\n\n```ts\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, path = "", code = ""]) => [path, code]));
}

/** The project again, in a folder that may be changed. */
async function copyOfProject(): Promise<string> {
  const project = await tempDir("new-feature");
  for (const name of COPIED) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await cp(join(ROOT, name), join(project, name), { recursive: true });
  }
  for (const name of ["node_modules", ".cache"]) await symlink(join(ROOT, name), join(project, name));
  return project;
}

let project: string;

const make = (...args: string[]): Promise<Run> => node(project, ["scripts/new.mjs", ...args]);

const program = (path: string, ...args: string[]): Promise<Run> =>
  node(project, [join("node_modules", path), ...args]);

/** What is there of the application and of its tests, with the texts. */
async function written(): Promise<Record<string, string>> {
  const names = await Promise.all(
    ["src/app", "tests/integration"].map(async (folder) => {
      const entries = await readdir(join(project, folder), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    }),
  );
  const texts = names.flat().map(async (path) => [path, await readFile(path, "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

beforeAll(async () => {
  project = await copyOfProject();
});

test("its usage is told on request, and says what is wrong otherwise", async () => {
  const help = await make("--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain("npm run new -- feature NAME");

  for (const args of [
    [],
    ["route", "notes"],
    ["feature"],
    ["feature", "a", "b"],
    ["feature", "a", "--two"],
  ]) {
    const run = await make(...args);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("npm run new -- feature NAME");
  }
});

test.each([
  ["Notes", "lower-case"],
  ["../notes", "lower-case"],
  ["2notes", "begins with a letter"],
  ["n".repeat(41), "more than 40 characters"],
  ["delete", 'its identifier is "delete", which has a meaning'],
  ["features", 'its identifier is "features", which has a meaning'],
  ["users", 'without --one WORD one of them is "user", which has a meaning'],
  ["hello", "src/app/hello is there already"],
  ["rooms", "src/app/rooms is there already"],
  ["presence-nodes", 'a collection "presenceNodes"'],
  ["room-entries", 'a collection "roomEntries"'],
])("the name %s is refused, and nothing is written", async (name, reason) => {
  const before = await written();

  const run = await make("feature", name);

  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain(`The name "${name}" cannot be used: `);
  expect(run.stderr).toContain(reason);
  expect(await written()).toEqual(before);
});

test("nothing is written when a part of it cannot be", async () => {
  const list = join(project, "src", "app", "features.ts");
  const text = await readFile(list, "utf8");
  // A folder where the draft of the list has to be.
  await mkdir(join(project, "src", "app", "features.ts.new", "x"), { recursive: true });
  const before = await written();

  const run = await make("feature", "notes");

  expect(run.code).not.toBe(0);
  expect(await written()).toEqual(before);
  expect(await readFile(list, "utf8")).toBe(text);
  await rm(`${list}.new`, { recursive: true });
});

test("what it writes is the code that docs/extending.md prints", async () => {
  const run = await make("feature", "notes");

  expect(run).toMatchObject({ code: 0, stdout: "" });
  const printed = await blocksOf("docs/extending.md");
  for (const path of [...NOTES, "tests/integration/notes.test.ts"]) {
    expect({ path, text: printed.get(path) }).toEqual({
      path,
      text: await readFile(join(project, path), "utf8"),
    });
  }
  const list = await readFile(join(project, "src/app/features.ts"), "utf8");
  for (const line of printed.get("src/app/features.ts")?.trim().split("\n") ?? [])
    expect(list).toContain(line);
});

test("a name is taken once there is such a feature", async () => {
  const again = await make("feature", "notes");
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("src/app/notes is there already") });

  // "notes" without its plural: events, the model and its types would be the same.
  const one = await make("feature", "note");
  expect(one).toMatchObject({ code: 2, stderr: expect.stringContaining('there is an event "note:') });
});

test("a name of several words, and one that is its own plural, become names that belong together", async () => {
  expect(await make("feature", "read-receipts")).toMatchObject({ code: 0 });
  expect(await make("feature", "movies", "--one", "movie", "--bare")).toMatchObject({ code: 0 });

  const files = await written();
  const receipts = files[join(project, "src/app/read-receipts/read-receipts.feature.ts")] ?? "";
  for (const name of ['"/read-receipts"', '"read-receipt:add"', "newReadReceipt", "Adds one read receipt."]) {
    expect(receipts).toContain(name);
  }
  expect(files[join(project, "src/app/movies/movies.feature.ts")]).toContain('"movie:send"');
  const made = Object.entries(files).filter(([path]) => /read-receipts|movies/.test(path));
  expect(made).toHaveLength(6);
  expect(made.filter(([, text]) => /note/i.test(text)).map(([path]) => path)).toEqual([]);
  // "a" is wrong before some names.
  expect(made.filter(([, text]) => /\ban? (read receipt|movie)/i.test(text))).toEqual([]);
  // The one without data.
  expect(made.map(([path]) => path).filter((path) => path.includes("movies"))).toEqual([
    join(project, "src/app/movies/movies.feature.ts"),
    join(project, "tests/integration/movies.test.ts"),
  ]);
});

test("all that it has written passes the linter, the compiler and its tests as it is", async () => {
  const tests = ["notes", "read-receipts", "movies"].map((name) => `tests/integration/${name}.test.ts`);
  const lint = await program("@biomejs/biome/bin/biome", "check", "--vcs-enabled=false", "src/app", ...tests);
  expect(lint).toMatchObject({ code: 0 });
  const types = await program("typescript/bin/tsc", "--noEmit", "-p", "tests");
  expect(types).toEqual({ code: 0, stdout: "", stderr: "" });

  const run = await program("jest/bin/jest.js", "--runInBand", ...tests);

  expect(run.stderr).toMatch(/Tests: +18 passed, 18 total/);
  expect(run.code).toBe(0);
});
