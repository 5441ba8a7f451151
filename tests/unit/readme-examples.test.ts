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

test("the files that readers are told to make in the project's folder are none of the project's", () => {
  const names = documents().flatMap(({ text }) =>
    [...text.matchAll(/as `([\w.]+\.mjs)`/g)].map(([, name = ""]) => name),
  );
  const ignored = readFileSync(join(PROJECT, ".gitignore"), "utf8").split("\n");

  expect(names.sort()).toEqual(["api.mjs", "room.mjs", "try.mjs"]);
  // Whatever else readers name theirs.
  expect(ignored).toEqual(expect.arrayContaining(["/*.mjs", "!/jest.config.mjs"]));
});
