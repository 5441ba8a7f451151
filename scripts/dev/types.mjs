import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import { compiledSources } from "../setup/build.mjs";
import { inProject, say } from "../setup/project.mjs";
import { createImporters } from "./importers.mjs";
import { launchLanguageServer } from "./language-server.mjs";

const SERVER = join("src", sep);
/** A check that takes longer is told of, in milliseconds. */
const PATIENCE_MS = 2000;
/** @typedef {{ areRight: boolean, output: string }} Verdict */

/**
 * Checks the types of what changes below src/, beside the server: in the changed sources and in all that depend on them. All others
 * are as they were when they were right.
 */
export function createTypeCheck() {
  const importers = createImporters();
  let server;
  /** Sources whose types are not known to be right. */
  const doubtful = new Set();
  /** Number of the present check. */
  let present = 0;

  /** Launches the compiler, which takes in the sources, unless it runs. What is there then is right but for what is doubtful. */
  function prepare() {
    if (server !== undefined) return;
    const sources = compiledSources().map(({ source }) => source);
    importers.take(sources);
    const launched = launchLanguageServer(() => {
      if (server === launched) server = undefined;
    });
    server = launched;
    launched.errorsIn(sources.find(isOfServer)).catch(() => {});
  }

  /**
   * Checks the sources of which these have changed, as they are now; a check that is running ends.
   * @returns {Promise<Verdict | undefined>} undefined when it was ended
   */
  async function check(changed) {
    end();
    const number = present;
    const isOver = () => number !== present;
    const tell = () => say(`checking the types of ${counted([...doubtful].filter(isOfServer).length)}`);
    const timer = setTimeout(tell, PATIENCE_MS);
    try {
      // A compiler that ends in the midst of it is launched again, once.
      const found = await errorsAfter(changed).catch((error) => {
        if (isOver() || server !== undefined) throw error;
        return errorsAfter([]);
      });
      if (isOver()) return undefined;
      if (found.length === 0) doubtful.clear();
      return { areRight: found.length === 0, output: found.join("") };
    } catch (error) {
      if (isOver()) return undefined;
      return { areRight: true, output: `the types could not be checked: ${error.message}\n` };
    } finally {
      clearTimeout(timer);
    }
  }

  async function errorsAfter(changed) {
    prepare();
    const { tell, errorsIn } = server;
    const changes = changed.map((source) => ({ file: readFrom(source), became: becameOf(source) }));
    doubt(changed);
    importers.take(changed);
    doubt(changed);
    await tell(changes);
    const found = await Promise.all([...doubtful].filter(isOfServer).filter(exists).map(errorsIn));
    return found.flat();
  }

  function doubt(changed) {
    for (const source of importers.dependants(changed)) doubtful.add(source);
  }

  function becameOf(source) {
    if (!exists(source)) return "deleted";
    return importers.has(source) ? "changed" : "created";
  }

  /** Ends a check that is running. */
  function end() {
    present += 1;
    server?.cancel();
  }

  function stop() {
    end();
    server?.stop();
  }

  /** Has the next check launch the compiler anew: it does not see that a folder which was moved away has come back. */
  function forget() {
    stop();
    server = undefined;
  }

  return { prepare, check, end, forget, stop };
}

const isOfServer = (source) => source.startsWith(SERVER);
const counted = (count) => `${count} ${count === 1 ? "source" : "sources"}`;
const exists = (source) => existsSync(inProject(source));

/** What the compiler reads of a source: of the client library what was compiled from it. */
function readFrom(source) {
  return isOfServer(source) ? source : join("dist", source.replace(/\.ts$/, ".d.ts"));
}
