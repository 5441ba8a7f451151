import { newProject, node, shown } from "../support/setup-project.js";

/** What depends on what, in a project with these sources; `take` shows the dependants of some, `save` and `remove` change one. */
async function shownBy(sources: Record<string, string>, steps: string): Promise<unknown[]> {
  const project = await newProject(sources);
  const code = `
    import { rmSync, writeFileSync } from "node:fs";
    import { createImporters } from "./scripts/dev/importers.mjs";
    const importers = createImporters();
    const show = (...files) => console.log(JSON.stringify([...importers.dependants(files)].sort()));
    const save = (name, text) => { writeFileSync(name, text); importers.take([name]); };
    const remove = (name) => { rmSync(name); importers.take([name]); };
    importers.take(${JSON.stringify(Object.keys(sources))});
    ${steps}`;
  const run = await node(project, ["--input-type=module", "--eval", code]);
  return shown(run);
}

test("imports of every form are dependencies, directly and through others, also in a circle", async () => {
  const sources = {
    "src/base.ts": 'import type { Top } from "./deep/top.js";\nexport const base = 1;\n',
    "src/deep/named.ts": 'import { base } from "../base.js";\n',
    "src/deep/all.ts": "export * from '../base.js';\n",
    "src/deep/late.ts": 'const { base } = await import("../base.js");\n',
    "src/deep/type.ts": 'export type Base = import("./named.js").Base;\n',
    "src/deep/top.ts": 'import {\n  one,\n  two,\n} from "./type.js";\n',
    "src/other.ts": 'import { readFile } from "node:fs";\n',
  };

  const [base, other] = await shownBy(sources, 'show("src/base.ts"); show("src/other.ts");');

  expect(base).toEqual(
    Object.keys(sources)
      .filter((name) => name !== "src/other.ts")
      .sort(),
  );
  expect(other).toEqual(["src/other.ts"]);
});

test("what names a source is known after a change of it, and of a source that is gone", async () => {
  const sources = { "src/one.ts": "", "src/two.ts": 'import "./one.js";\n', "src/three.ts": "" };
  const steps = `
    remove("src/one.ts"); show("src/one.ts");
    save("src/two.ts", ""); save("src/three.ts", 'import "./one.js";'); show("src/one.ts");`;

  expect(await shownBy(sources, steps)).toEqual([
    ["src/one.ts", "src/two.ts"],
    ["src/one.ts", "src/three.ts"],
  ]);
});

test("the client library is used by the package's name, and declarations for all by everyone", async () => {
  const sources = {
    "client/index.ts": 'export * from "./inner.js";\n',
    "client/inner.ts": "",
    "src/user.ts": 'import { inner } from "shoal/client";\n',
    "src/global.ts": "declare global {\n  var x: number;\n}\nexport {};\n",
    "src/packaged.d.ts": 'declare module "packaged";\n',
  };

  expect(
    await shownBy(sources, 'show("client/inner.ts"); show("src/global.ts"); show("src/packaged.d.ts");'),
  ).toEqual([
    ["client/index.ts", "client/inner.ts", "src/user.ts"],
    Object.keys(sources).sort(),
    Object.keys(sources).sort(),
  ]);
});
