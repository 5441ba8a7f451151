import { existsSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { compiledSources, SOURCE_FOLDERS } from "../setup/build.mjs";
import { inProject, say } from "../setup/project.mjs";

/** How long sources have to stay as they are, in milliseconds: longer than a step of the file system's clock. */
const SETTLED_AFTER_MS = 20;
/** The same for one that has become empty: most editors empty a file before they write it. */
const EMPTY_AFTER_MS = 250;
/** From the moment when a folder of sources is away to that when it is said, in milliseconds. */
const TELL_AFTER_MS = 1000;

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
    let tellAt = performance.now() + TELL_AFTER_MS;
    for (;;) {
      await pause(SETTLED_AFTER_MS);
      const away = SOURCE_FOLDERS.find(isAway);
      if (away !== undefined && performance.now() > tellAt) {
        say(`${away}/ is away: it is waited for`);
        tellAt = Number.POSITIVE_INFINITY;
      }
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

const isAway = (folder) => !existsSync(inProject(folder));

/** @returns undefined while files come and go, or all of a folder is away */
function look() {
  if (SOURCE_FOLDERS.some(isAway)) return undefined;
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
