import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { transform } from "@swc/core";
import { build, compiledSources, removeStale, runTsc } from "../setup/build.mjs";
import { SetupFailure } from "../setup/failure.mjs";
import { inProject, readIfThere } from "../setup/project.mjs";

const CLIENT = join("client", sep);
/** With these the compiler ends each error with the stack of its own code. It reads them when it tells its first one. */
const OWN_STACKS = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];

/**
 * Brings dist/ up to date: as `build` does until that has succeeded once, and then the changed sources alone, without a look at types.
 * `build` finds later that the output is not its own, and does all of it anew.
 */
export function createCompiler() {
  for (const variable of OWN_STACKS) delete process.env[variable];
  let isBuilt = false;
  /** Sources that dist/ does not have in their present form. */
  const pending = new Set();

  /**
   * Takes in the changed sources, paths from the project's folder, and compiles those that src/ takes types from.
   * @returns {Promise<string | undefined>} what is wrong with them, for the user
   */
  function begin(changed) {
    for (const source of changed) pending.add(source);
    return isBuilt ? compileClient() : buildAll();
  }

  /**
   * Compiles the rest. Writes all of it or, when one cannot be compiled, none: what runs may still load some.
   * @returns what is wrong with it, for the user, and whether the server's code is another one than before
   */
  async function finish() {
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
    if (problems.length > 0) return { problem: problems.join("\n"), isOther: false };
    const written = await Promise.all(compiled.map(write));
    const isFewer = removeStale();
    pending.clear();
    return { isOther: isFewer || written.includes(true) };
  }

  async function buildAll() {
    try {
      await build();
    } catch (error) {
      if (error instanceof SetupFailure) return error.message;
      throw error;
    }
    isBuilt = true;
    pending.clear();
    return undefined;
  }

  /** With its types, which src/ takes from what was compiled. */
  async function compileClient() {
    const own = [...pending].filter((source) => source.startsWith(CLIENT));
    if (own.length === 0) return undefined;
    const { code } = await runTsc(["-p", "client"]);
    if (code !== 0) return "the client library cannot be compiled, see above";
    for (const source of own) pending.delete(source);
    return undefined;
  }

  return { begin, finish };
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
    module: { type: path.endsWith(".cts") ? "commonjs" : "es6" },
  });
  return { path: inProject(output), code, map };
}

/** @returns {Promise<boolean>} whether it is other code than before */
async function write({ path, code, map }) {
  const text = `${code}//# sourceMappingURL=${basename(path)}.map\n`;
  const isOther = readIfThere(path) !== text;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.map`, map ?? "");
  if (isOther) await writeFile(path, text);
  return isOther;
}

function shown(error) {
  const text = String(error.message ?? error).trim();
  return process.stderr.hasColors?.() ? text : stripVTControlCharacters(text);
}
