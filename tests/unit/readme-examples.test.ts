import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/readme.js";

const readme = readFileSync(join(PROJECT, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = ""]) => code);

test("README has examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
});

test.each(examples)("an example of README is written as the project's own files are: %#", (code) => {
  const biome = join(PROJECT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [biome, "format", "--stdin-file-path=example.mjs"];

  expect(execFileSync(process.execPath, args, { cwd: PROJECT, input: code, encoding: "utf8" })).toBe(code);
});

test("the files that README has its reader make in the project's folder are none of the project's", () => {
  const names = [...readme.matchAll(/as `([\w.]+\.mjs)`/g)].map(([, name = ""]) => name);
  const ignored = readFileSync(join(PROJECT, ".gitignore"), "utf8").split("\n");

  expect(names).toEqual(["try.mjs", "room.mjs"]);
  // Whatever else readers name theirs.
  expect(ignored).toEqual(expect.arrayContaining(["/*.mjs", "!/jest.config.mjs"]));
});
