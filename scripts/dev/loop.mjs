import { tellUnknownVariables } from "../setup/env-file.mjs";
import { say } from "../setup/project.mjs";
import { createCompiler } from "./compiler.mjs";
import { startDatabase } from "./database.mjs";
import { createServer } from "./server.mjs";
import { createSources } from "./sources.mjs";
import { createTypeCheck } from "./types.mjs";
import { watchSources } from "./watch.mjs";

/** How many changed sources are named. */
const NAMED = 5;

/**
 * Serves the present code, and after each change the new one: when it can be compiled, its types are right and it can be loaded.
 * Until then the old one serves. `fromFile` has what .env says.
 * @returns `stop`, which ends all of it and resolves with the exit code, and `failed`, which rejects when it cannot go on
 */
export function startLoop(fromFile) {
  const sources = createSources();
  const compiler = createCompiler();
  const server = createServer();
  const types = createTypeCheck();
  let stopDatabase;
  /** Whether the server has all that is in dist/. */
  let isCurrent = false;
  /** Whether what was taken was given up for newer sources, before it was clear whether it can be served. */
  let isOwed = false;
  /** Changed sources whose types were not looked at yet. */
  const unchecked = new Set();
  /** Whether sources may be other than those that were taken last. */
  let isHinted = false;
  let isBusy = true;
  let ending = false;

  let fail = (_error) => {};
  const failed = new Promise((_resolve, reject) => {
    fail = reject;
  });

  function onHint() {
    isHinted = true;
    if (!isBusy) rounds().catch(fail);
    else if (isOutdated()) {
      types.end();
      server.endLoad();
    }
  }

  async function rounds() {
    isBusy = true;
    while (isHinted && !ending) {
      isHinted = false;
      const changed = await sources.take();
      if (changed.length === 0 && !isOwed) continue;
      isOwed = false;
      if (changed.length > 0) say(`changed: ${shortened(changed)}`);
      await serve(changed);
    }
    isBusy = false;
  }

  /** Whether there are newer sources: what is wrong with those before them is not told. */
  function isOutdated() {
    const areOther = sources.haveChanged();
    isHinted ||= areOther;
    return areOther;
  }

  async function serve(changed) {
    for (const source of changed) unchecked.add(source);
    const clientProblem = await compiler.begin(changed);
    if (clientProblem !== undefined) return refuse(clientProblem);
    const wasServing = server.isServing();
    const isFirst = stopDatabase === undefined; // then the build has checked them
    const checked = isFirst ? Promise.resolve({ areRight: true, output: "" }) : types.check([...unchecked]);
    unchecked.clear();
    const { problem, isOther } = await compiler.finish();
    if (problem !== undefined) {
      types.end();
      return refuse(problem);
    }
    isCurrent = isCurrent && server.isServing() && !isOther;
    const told = tell(checked);
    told.catch(fail);
    const [failure, areRight] = await Promise.all([
      isCurrent ? undefined : load(),
      wasServing ? told : true, // without old code better this than none
    ]);
    if (ending) return;
    if (failure === undefined && areRight) {
      isCurrent ||= await server.swap();
      if (isFirst) types.prepare();
      if (!isCurrent && !ending) refuse("it has ended before it could serve");
      return;
    }
    if (!isCurrent) server.discard();
    if (areRight === undefined) giveUp();
    else refuse(failure ?? "the types are wrong, see above");
  }

  /** @returns {Promise<string | undefined>} why it cannot be loaded */
  async function load() {
    if (stopDatabase === undefined) {
      await tellUnknownVariables(fromFile);
      stopDatabase = await startDatabase();
    }
    return server.load();
  }

  /** Shows what is wrong with the types. @returns whether they are right; undefined when there are newer ones */
  async function tell(checked) {
    const verdict = await checked;
    if (verdict === undefined || isOutdated()) return undefined;
    process.stdout.write(verdict.output);
    return verdict.areRight;
  }

  function refuse(problem) {
    if (isOutdated()) return giveUp();
    const state = server.isServing() ? "what was served before serves on" : "nothing is served";
    say(`${problem}\n> ${state}; the next change is tried again`);
  }

  /** Goes on with newer sources. */
  function giveUp() {
    isOwed = true;
    isHinted = true;
  }

  async function stop() {
    ending = true;
    types.stop();
    const code = await server.stop();
    await stopDatabase?.();
    return code;
  }

  watchSources({ onHint, onMoved: types.forget, haveChanged: sources.haveChanged });
  isHinted = true;
  serve([]).then(rounds).catch(fail);
  return { stop, failed };
}

function shortened(changed) {
  const more = changed.length - NAMED;
  return changed.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
