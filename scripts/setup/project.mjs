import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the project, or of something in it. */
export function inProject(...names) {
  return join(fileURLToPath(new URL("../..", import.meta.url)), ...names);
}

/** A file's text, or undefined when it cannot be read. */
export function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Tells the user one line, on standard error: standard output belongs to the server's log. */
export function say(line) {
  process.stderr.write(`> ${line}\n`);
}
