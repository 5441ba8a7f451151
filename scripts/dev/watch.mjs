import nodemon from "nodemon";
import { inProject } from "../setup/project.mjs";

/** Longer than its library keeps silent about a file after it has told a change of it, in milliseconds. */
const SILENT_MS = 100;

/**
 * Calls `onHint` when sources may have changed; which ones, it does not know. nodemon only watches: its own way to restart
 * signals all processes of the server, and the first one twice, which means "end at once" there. Of files that are saved in the same
 * moment it names the last one.
 */
export function watchSources(onHint) {
  const watched = ["src", "client"].map((folder) => inProject(folder));
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
}
