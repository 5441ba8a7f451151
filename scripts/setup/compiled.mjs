import { pathToFileURL } from "node:url";
import { inProject } from "./project.mjs";

/**
 * Loads a compiled module of the project, such as `dist/main.js`. Callers name its source as the type, which is what the
 * check of types then reads, whatever was compiled last.
 */
export function importCompiled(path) {
  return import(pathToFileURL(inProject(path)).href);
}
