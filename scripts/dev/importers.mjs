import { dirname, join, normalize, sep } from "node:path";
import { inProject, readIfThere } from "../setup/project.mjs";

/** Whatever may be the path of another source, in an import of any form; another text that looks like one costs a look too many. */
const PATHS = /["'`](\.{1,2}\/[^"'`\n]+)\.js["'`]/g;
/** src/ uses the client library by the package's name. */
const OWN_PACKAGE = /["'`]shoal\//;
const CLIENT = join("client", sep);
/** Declarations that need no import to be in force. */
const GLOBAL = /\bdeclare\s+(global|module)\b/;

/** Knows which sources use which, as they were when they were taken in last. */
export function createImporters() {
  /** What each source names, by the source. */
  const named = new Map();

  /** Takes in sources, as paths from the project's folder; those that are gone name nothing any more. */
  function take(files) {
    for (const file of files) {
      const text = readIfThere(inProject(file));
      if (text === undefined) named.delete(file);
      else named.set(file, namedIn(file, text));
    }
  }

  /** These sources and all that depend on them, directly or through others. */
  function dependants(files) {
    if (files.some((file) => named.get(file)?.isGlobal)) return new Set([...files, ...named.keys()]);
    const found = new Set(files);
    for (const file of found)
      for (const [importer, { paths, usesClient }] of named)
        if (paths.has(file) || (usesClient && file.startsWith(CLIENT))) found.add(importer);
    return found;
  }

  return { take, has: (file) => named.has(file), dependants };
}

function namedIn(file, text) {
  const paths = [...text.matchAll(PATHS)].map(([, path]) => normalize(join(dirname(file), `${path}.ts`)));
  const isGlobal = file.endsWith(".d.ts") || GLOBAL.test(text);
  return { paths: new Set(paths), usesClient: OWN_PACKAGE.test(text), isGlobal };
}
