import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeIn, documents } from "../support/markdown.js";
import { PROJECT } from "../support/readme.js";

const examples = documents().flatMap(({ path, text }) =>
  codeIn(text, "js").map((code, index) => ({ name: `${path}, ${index + 1}`, code, as: "example.mjs" })),
);
const typed = codeIn(readFileSync(join(PROJECT, "docs/client.md"), "utf8"), "ts").map((code, index) => ({
  ...{ name: `docs/client.md, in TypeScript, ${index + 1}`, code, as: "example.ts" },
}));

test("README has a program, and the page about clients three and one with types", () => {
  const names = examples.map(({ name }) => name);

  expect(names).toEqual(expect.arrayContaining(["README.md, 1", "docs/client.md, 1", "docs/client.md, 3"]));
  expect(typed).toHaveLength(1);
});

test.each([...examples, ...typed])("an example is written as the project's own files are: $name", (one) => {
  const biome = join(PROJECT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [biome, "format", `--stdin-file-path=${one.as}`];

  expect(execFileSync(process.execPath, args, { cwd: PROJECT, input: one.code, encoding: "utf8" })).toBe(
    one.code,
  );
});

const PROGRAMS = ["room", "chat", "outbox", "without-library", "routes"].map(
  (name) => `examples/${name}.mjs`,
);

test.each(PROGRAMS)("%s is printed as it is where readers are told to run it", (path) => {
  const code = readFileSync(join(PROJECT, path), "utf8");
  const telling = documents().filter(({ text }) => text.includes(`node ${path}`));

  expect(telling.map(({ text }) => codeIn(text, "js").includes(code))).toContain(true);
});
