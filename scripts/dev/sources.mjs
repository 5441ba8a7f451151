import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { compiledSources } from "../setup/build.mjs";
import { inProject } from "../setup/project.mjs";

/** How long sources have to stay as they are, in milliseconds: longer than a step of the file system's clock. */
const SETTLED_AFTER_MS = 20;
/** The same for one that has become empty: most editors empty a file before they write it. */
const EMPTY_AFTER_MS = 250;

/** The sources in their present form, as the file system has it. A watcher's word is not enough: it leaves out what came in the same moment. */
export function createSources() {
  let taken = look() ?? new Map();

  /**
   * Takes the present form, once it is not being written any more.
   * @returns {Promise<string[]>} the sources that are other, new or gone since it was taken last, as paths from the project's folder
   */
  async function take() {
    let found = look();
    let foundAt = performance.now();
    for (;;) {
      await pause(SETTLED_AFTER_MS);
      const again = look();
      if (found === undefined || again === undefined || differences(found, again).length > 0) {
        found = again;
        foundAt = performance.now();
      } else if (!hasEmptied(taken, found) || performance.now() - foundAt >= EMPTY_AFTER_MS) break;
    }
    const changed = differences(taken, found);
    taken = found;
    return changed;
  }

  /** Whether they are other than what was taken: what was found out since may then be wrong. */
  function haveChanged() {
    const found = look();
    return found === undefined || differences(taken, found).length > 0;
  }

  return { take, haveChanged };
}

/** @returns undefined while files come and go */
function look() {
  try {
    return new Map(compiledSources().map(({ source }) => [source, formOf(source)]));
  } catch (error) {
    // ENOTDIR: a folder has become a file, as when another version is checked out.
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** The time of change cannot be set, unlike that of modification. */
function formOf(source) {
  const { ino, size, mtimeNs, ctimeNs } = statSync(inProject(source), { bigint: true });
  return { isEmpty: size === 0n, key: `${ino} ${size} ${mtimeNs} ${ctimeNs}` };
}

function differences(before, after) {
  const changed = [...after.keys()].filter((source) => before.get(source)?.key !== after.get(source).key);
  return [...changed, ...[...before.keys()].filter((source) => !after.has(source))];
}

function hasEmptied(before, after) {
  return [...after].some(([source, { isEmpty }]) => isEmpty && before.get(source)?.isEmpty !== true);
}
