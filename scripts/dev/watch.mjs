import nodemon from "nodemon";
import { inProject } from "../setup/project.mjs";

/** What is saved at once comes at once, within this time in milliseconds. */
const GATHER_MS = 20;

/**
 * Calls `onChange` with the paths of sources that were changed, added or removed. nodemon only watches: its own way to restart
 * signals all processes of the server, and the first one twice, which means "end at once" there.
 * @param {(files?: any) => void} onChange
 */
export function watchSources(onChange) {
  const watched = ["src", "client"].map((folder) => inProject(folder));
  // It insists on a program to restart.
  const settings = { exec: "exit 0", watch: watched, ext: "ts", delay: GATHER_MS, stdin: false, quiet: true };
  // Its types ask for a script, too, which is another way to name the program.
  nodemon(/** @type {import("nodemon").NodemonSettings} */ (settings));
  nodemon.on("restart", onChange);
}
