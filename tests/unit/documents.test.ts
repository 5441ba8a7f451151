import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { anchorsOf, type Document, documents, linksIn } from "../support/markdown.js";
import { PROJECT } from "../support/readme.js";

const all = documents();
const { scripts } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Folders and files that commands make: packages, builds, data, and what `npm run new -- feature notes` writes. */
const NOT_STORED = [
  ...[".cache/", "dist/", "data/", "node_modules/"],
  ...["src/app/notes/", "tests/integration/notes"],
];

const isHere = (path: string): boolean => existsSync(join(PROJECT, path));

/** Links within the project that lead nowhere. */
function deadLinks({ path, text }: Document): string[] {
  return linksIn(text)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const there = file === "" ? path : normalize(join(dirname(path), file));
      if (!isHere(there)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(join(PROJECT, there), "utf8")).includes(anchor);
    })
    .map((target) => `${path}: ${target}`);
}

/** Commands of package.json that are not there. */
function unknownCommands({ path, text }: Document): string[] {
  return [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
    .map(([, script, short]) => script ?? short ?? "")
    .filter((name) => !(name in scripts))
    .map((name) => `${path}: npm run ${name}`);
}

/** Paths in backticks that begin with a folder of the project, and name nothing there. */
function unknownPaths({ path, text }: Document): string[] {
  return [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !name.startsWith("../") && isHere(name.split("/")[0] ?? "") && !isHere(name))
    .filter((name) => !NOT_STORED.some((prefix) => name.startsWith(prefix)))
    .map((name) => `${path}: ${name}`);
}

describe("the documents", () => {
  test("lead nowhere that is not there", () => {
    expect(all.flatMap(({ text }) => linksIn(text)).length).toBeGreaterThan(30);
    expect(all.flatMap(deadLinks)).toEqual([]);
  });

  test("hold no marks of a merge", () => {
    expect(all.filter(({ text }) => /^(<{7}|>{7}|={7}$)/m.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("name only commands that there are", () => {
    expect(all.flatMap(unknownCommands)).toEqual([]);
  });

  test("name only files that there are, but for the list of changes", () => {
    expect(all.filter(({ path }) => path !== "CHANGELOG.md").flatMap(unknownPaths)).toEqual([]);
  });

  test("are all reached from README", () => {
    const reached = new Set(linksIn(readFileSync(join(PROJECT, "README.md"), "utf8")));
    const forTools = ["README.md", "AGENTS.md"];

    expect(
      all.map(({ path }) => path).filter((path) => !reached.has(path) && !forTools.includes(path)),
    ).toEqual([]);
  });

  test("README is short, and its picture small", () => {
    const readme = readFileSync(join(PROJECT, "README.md"), "utf8");

    expect(readme.split("\n").length).toBeLessThanOrEqual(130);
    expect(readFileSync(join(PROJECT, "docs/images/page.png")).byteLength).toBeLessThan(200_000);
  });
});

describe("what the test reads out of documents", () => {
  const document = (text: string): Document => ({ path: "docs/x.md", text });

  test("a dead link would be found, and what is in code is none", () => {
    const text = "[a](rooms.md#how-it-works) [b](none.md) [c](../README.md#none) [d](#e)\n```\n[f](g)\n```\n";

    expect(deadLinks(document(text))).toEqual([
      "docs/x.md: none.md",
      "docs/x.md: ../README.md#none",
      "docs/x.md: #e",
    ]);
  });

  test("an unknown command and an unknown path would be found", () => {
    expect(unknownCommands(document("`npm run none`, `npm start`"))).toEqual(["docs/x.md: npm run none"]);
    expect(unknownPaths(document("`src/none.ts`, `src/`, `text/html`"))).toEqual(["docs/x.md: src/none.ts"]);
  });
});
