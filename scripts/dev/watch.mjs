import { watch } from "node:fs";
import nodemon from "nodemon";
import { SOURCE_FOLDERS } from "../setup/build.mjs";
import { inProject } from "../setup/project.mjs";

/** Longer than its library keeps silent about a file after it has told a change of it, in milliseconds. */
const SILENT_MS = 100;
/** Between two looks of our own, in milliseconds; one takes some of them. */
const LOOK_EVERY_MS = 1000;

/**
 * Calls `onHint` when sources may have changed; which ones, it does not know. nodemon only watches: its own way to restart
 * signals all processes of the server, and the first one twice, which means "end at once" there. Of files that are saved in the same
 * moment it names the last one. It sees nothing before it has looked at all of them, nothing where the file system tells of no changes, such
 * as that of a network, and loses a folder that is moved away, also when that comes back: so `haveChanged` is asked from time to time, and
 * `onMoved` is called.
 */
export function watchSources({ onHint, onMoved, haveChanged }) {
  const watched = SOURCE_FOLDERS.map((folder) => inProject(folder));
  // It insists on a program to restart.
  const settings = { exec: "exit 0", watch: watched, ext: "ts", delay: 1, stdin: false, quiet: true };
  // Its types ask for a script, too, which is another way to name the program.
  nodemon(/** @type {import("nodemon").NodemonSettings} */ (settings));
  let timer;
  nodemon.on("restart", () => {
    onHint();
    clearTimeout(timer);
    timer = setTimeout(onHint, SILENT_MS);
  });

  setInterval(() => {
    try {
      if (haveChanged()) onHint();
    } catch {} // the file system does not answer now; the next look tells
  }, LOOK_EVERY_MS);
  const above = watch(inProject(), (_event, name) => SOURCE_FOLDERS.includes(String(name)) && onMoved());
  above.on("error", () => {}); // then a folder that comes back is not seen
}
