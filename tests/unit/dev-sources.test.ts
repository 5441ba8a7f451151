import { newProject, node, type Run, shown } from "../support/setup-project.js";

/** Runs `steps` in a project with three sources; `sources` is what `npm run dev` takes changes from, `save` writes a source. */
async function inProject(steps: string): Promise<{ run: Run; project: string }> {
  const project = await newProject({
    "src/one.ts": "1;\n",
    "src/two.ts": "2;\n",
    "client/three.ts": "3;\n",
  });
  const code = `
    import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
    import { createSources } from "./scripts/dev/sources.mjs";
    const sources = createSources();
    const save = (name, text) => writeFileSync(name, text);
    const show = (value) => console.log(JSON.stringify(value));
    ${steps}`;
  return { run: await node(project, ["--input-type=module", "--eval", code]), project };
}

async function shownBy(steps: string): Promise<unknown[]> {
  const { run } = await inProject(steps);
  return shown(run);
}

test("all sources that were saved, added or removed in one moment are found, and each once", async () => {
  const steps = `
    save("src/one.ts", "1.1;");
    save("client/three.ts", "3.1;");
    mkdirSync("src/deep/er", { recursive: true });
    save("src/deep/er/four.ts", "4;");
    save("src/notes.txt", "no source");
    rmSync("src/two.ts");
    show((await sources.take()).sort());
    show(await sources.take());`;

  expect(await shownBy(steps)).toEqual([
    ["client/three.ts", "src/deep/er/four.ts", "src/one.ts", "src/two.ts"],
    [],
  ]);
});

test("a source of the same size and time of modification is found", async () => {
  const steps = `
    const { atime, mtime } = statSync("src/one.ts");
    save("src/one.ts", "9;\\n");
    utimesSync("src/one.ts", atime, mtime);
    show(sources.haveChanged());
    show(await sources.take());
    show(sources.haveChanged());`;

  expect(await shownBy(steps)).toEqual([true, ["src/one.ts"], false]);
});

test("a source that was emptied is taken once it is written", async () => {
  const steps = `
    save("src/one.ts", "");
    const taken = sources.take().then((changed) => [changed, statSync("src/one.ts").size]);
    setTimeout(() => save("src/one.ts", "written"), 60);
    show(await taken);`;

  expect(await shownBy(steps)).toEqual([[["src/one.ts"], "written".length]]);
});

test("a source that stays empty is taken, too", async () => {
  expect(await shownBy('save("src/one.ts", ""); show(await sources.take());')).toEqual([["src/one.ts"]]);
});
