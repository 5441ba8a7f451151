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

/** Code within sentences that does something. */
const inline = [...guide.replaceAll(/^```.*?^```$/gms, "").matchAll(/``(.+?) ``|`([^`\n]+)`/g)]
  .map(([, quoted, plain = ""]) => (quoted ?? plain).trim())
  .filter((code) => /=>|await/.test(code));

test("the guide has recipes", () => {
  expect(blocks.length).toBe(10);
  expect(inline.length).toBeGreaterThan(1);
});

/** All of it is linted and compiled, and that of tests runs. */
const used = ["examples/recipes.ts", "tests/integration/features.test.ts", "tests/integration/stop.test.ts"];

test.each([...blocks, ...inline])("the code of a recipe is a part of what is used: %#", (code) => {
  expect(used.some((name) => flat(read(name)).includes(flat(code)))).toBe(true);
});

test("what the guide says to import is exported there", () => {
  const [, table = ""] = guide.match(/^\| imported from \| \|\n\|---\|---\|\n((?:\|.*\n)+)/m) ?? [];
  const rows = table
    .trim()
    .split("\n")
    .map((row) =>
      row.split("|").map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word)),
    );
  expect(rows.length).toBe(5);

  for (const [, files = [], names = []] of rows) {
    const texts = files
      .map((file) => read(`src/contract/${file.replace("../../contract/", "").replace(/js$/, "ts")}`))
      .join("\n");
    const words = names.map((name) => name.replace(/\(.*/, "")).filter((name) => /^\w+$/.test(name));
    const missing = words.filter(
      (name) =>
        !new RegExp(`^export (async )?(function|const|class|interface|type) ${name}\\b`, "m").test(texts),
    );
    expect({ files, missing }).toEqual({ files, missing: [] });
    expect(words).not.toEqual([]);
  }
});

test("the files that the guide names are there, or are those of `notes`", () => {
  const names = [...guide.matchAll(/`((?:src|tests|docs|examples)\/[\w./-]+\.\w+)`/g)].map(
    ([, name = ""]) => name,
  );

  expect(names.filter((name) => !name.includes("notes") && !existsSync(join(PROJECT, name)))).toEqual([]);
  expect(names.length).toBeGreaterThan(5);
});
