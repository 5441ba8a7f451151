import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/readme.js";

const read = (name: string) => readFileSync(join(PROJECT, name), "utf8");
const guide = read("docs/extending.md");

/** Lines without what indents them: the guide shows a part of a file by itself. */
const flat = (code: string) => code.replaceAll(/^ +/gm, "").trim();

// What stands below the name of a file is compared with what `npm run new` writes, by its own test.
const blocks = [...guide.matchAll(/(?<=^([^\n]*)\n\n)```ts\n(.*?)^```$/gms)]
  .filter(([, before = ""]) => !/^`[\w./-]+\.ts` /.test(before))
  .map(([, , code = ""]) => code);

test("the guide has recipes", () => {
  expect(blocks.length).toBe(7);
});

test.each(blocks)("the code of a recipe is a part of what is linted and compiled: %#", (code) => {
  expect(flat(read("examples/recipes.ts"))).toContain(flat(code));
});

test("the files that the guide names are there, or are those of `notes`", () => {
  const names = [...guide.matchAll(/`((?:src|tests|docs|examples)\/[\w./-]+\.\w+)`/g)].map(
    ([, name = ""]) => name,
  );

  expect(names.filter((name) => !name.includes("notes") && !existsSync(join(PROJECT, name)))).toEqual([]);
  expect(names.length).toBeGreaterThan(5);
});
