import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Longest path that a message has, in characters. */
const MOST_SHOWN = 300;

/**
 * Where a file was looked for, for a message. A variable may hold a secret by mistake where it should name a file: such a text has no ending of
 * files and is in no folder that there is. Of it only the folder is told that such a name counts from.
 */
export function placeOf(path: string): string {
  const here = process.cwd();
  const inside = relative(here, path);
  const base = inside.startsWith("..") ? sep : here;
  const [folder = "", ...below] = relative(base, path).split(sep);
  const isPath = /\.[a-z]{2,5}$/.test(path) || (below.length > 0 && existsSync(join(base, folder)));
  return isPath && path.length <= MOST_SHOWN && !/[\p{Cc}\p{Cf}]/u.test(path)
    ? path
    : `looked for in ${base}`;
}
