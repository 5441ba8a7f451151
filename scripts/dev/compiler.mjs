import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { transform } from "@swc/core";
import { compiledSources, isBuilt, removeStale } from "../setup/build.mjs";
import { inProject } from "../setup/project.mjs";

/**
 * Compiles single sources to dist/, file by file and without a look at types: `build` finds that the output is not its own, and
 * does all of it anew.
 */
export function createCompiler() {
  /** Sources that dist/ does not have in their present form. */
  const pending = new Set(isBuilt() ? [] : compiledSources().map(({ source }) => source));

  /**
   * Brings dist/ up to date with the changed sources, paths from the project's folder. Writes all of them or, when one cannot be
   * compiled, none: what runs may still load some.
   * @returns {Promise<string | undefined>} what is wrong with them, for the user
   */
  async function update(changed) {
    for (const source of changed) pending.add(source);
    const wanted = compiledSources().filter(({ source }) => pending.has(source));
    const compiled = [];
    const problems = [];
    const attempt = async (one) => {
      try {
        compiled.push(await compile(one));
      } catch (error) {
        problems.push(shown(error));
      }
    };
    await Promise.all(wanted.map(attempt));
    if (problems.length > 0) return problems.join("\n");
    await Promise.all(compiled.map(write));
    removeStale();
    pending.clear();
    return undefined;
  }

  return { update };
}

async function compile({ source, output }) {
  const path = inProject(source);
  const { code, map } = await transform(await readFile(path, "utf8"), {
    filename: path,
    sourceFileName: relative(dirname(inProject(output)), path),
    swcrc: false,
    isModule: true,
    sourceMaps: true,
    jsc: {
      parser: { syntax: "typescript" },
      target: "es2023",
      transform: { verbatimModuleSyntax: true },
      experimental: { keepImportAttributes: true },
    },
    module: { type: "es6" },
  });
  return { path: inProject(output), code, map };
}

async function write({ path, code, map }) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.map`, map ?? "");
  await writeFile(path, `${code}//# sourceMappingURL=${path.split(/[/\\]/).at(-1)}.map\n`);
}

function shown(error) {
  const text = String(error.message ?? error).trim();
  return process.stderr.hasColors?.() ? text : stripVTControlCharacters(text);
}
