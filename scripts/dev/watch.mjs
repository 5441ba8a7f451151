import { watch } from "node:fs";
import nodemon from "nodemon";
import { SOURCE_FOLDERS } from "../setup/build.mjs";
import { inProject } from "../setup/project.mjs";

/** Longer than its library keeps silent about a file after it has told a change of it, in milliseconds. */
const SILENT_MS = 100;
/** Between two looks of our own, in milliseconds; one takes some of them. */
const LOOK_EVERY_MS = 500;

/**
 * Calls `onHint` when sources may have changed; which ones, it does not know. nodemon only watches: its own way to restart
 * signals all processes of the server, and the first one twice, which means "end at once" there. Of files that are saved in the same
 * moment it names the last one. It loses a folder that is moved away, also when that comes back: `onMoved` is called, and from then on
 * `haveChanged` is asked.
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

  let looks;
  const above = watch(inProject(), (_event, name) => {
    if (!SOURCE_FOLDERS.includes(String(name))) return;
    onMoved();
    clearInterval(looks);
    looks = setInterval(() => haveChanged() && onHint(), LOOK_EVERY_MS);
  });
  above.on("error", () => {}); // then a folder that comes back is not seen
}
