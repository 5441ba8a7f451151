import { statSync } from "node:fs";
import { dirname, relative } from "node:path";
import { tellUnknownVariables } from "../setup/env-file.mjs";
import { inProject, say } from "../setup/project.mjs";
import { createCompiler } from "./compiler.mjs";
import { startDatabase } from "./database.mjs";
import { createServer } from "./server.mjs";
import { watchTypes } from "./types.mjs";
import { watchSources } from "./watch.mjs";

/**
 * Serves the present code, and after each change the new one: when it can be compiled, its types are right and it can be loaded.
 * Until then the old one serves. `fromFile` has what .env says.
 * @returns `stop`, which ends all of it and resolves with the exit code, and `failed`, which rejects when it cannot go on
 */
export function startLoop(fromFile) {
  const compiler = createCompiler();
  const server = createServer();
  let types;
  let stopDatabase;
  /** Whether the server has all that is in dist/. */
  let isCurrent = false;
  let changed = new Set();
  let isBusy = true;
  let ending = false;

  let fail = (_error) => {};
  const failed = new Promise((_resolve, reject) => {
    fail = reject;
  });

  function onChange(files = []) {
    for (const file of files) changed.add(relative(inProject(), file));
    if (isBusy) return;
    isBusy = true;
    rounds().catch(fail);
  }

  async function rounds() {
    while (changed.size > 0) {
      const files = [...changed];
      changed = new Set();
      say(`changed: ${files.join(", ")}`);
      await serve(files);
    }
    isBusy = false;
  }

  async function serve(files) {
    const writtenAt = Math.max(0, ...files.map(timeOfChange));
    const { problem, isOther } = await compiler.update(files);
    if (problem !== undefined) return refuse(problem);
    isCurrent = isCurrent && server.isServing() && !isOther;
    if (isCurrent) return;
    if (stopDatabase === undefined) {
      await tellUnknownVariables(fromFile);
      stopDatabase = await startDatabase();
    }
    const [failure, areRight = true] = await Promise.all([
      server.load(),
      server.isServing() ? types?.areRightSince(writtenAt) : true, // without old code better this than none
    ]);
    if (ending) return;
    if (failure === undefined && areRight) {
      await server.swap();
      isCurrent = true;
      types ??= watchTypes();
      return;
    }
    server.discard();
    refuse(failure ?? "the types are wrong, see above");
  }

  function refuse(problem) {
    const state = server.isServing() ? "what was served before serves on" : "nothing is served";
    say(`${problem}\n> ${state}; the next change is tried again`);
  }

  async function stop() {
    ending = true;
    types?.stop();
    const code = await server.stop();
    await stopDatabase?.();
    return code;
  }

  watchSources(onChange);
  serve([]).then(rounds).catch(fail);
  return { stop, failed };
}

/** When the file was written, or removed: in milliseconds since 1970. */
function timeOfChange(file) {
  for (const path of [inProject(file), dirname(inProject(file))]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined) return found.mtimeMs;
  }
  return 0;
}
