import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { PROJECT } from "./readme.js";

/** One import of a source file. */
export interface Import {
  /** What is imported: a file below src/ without its ending, or a package. */
  readonly target: string;
  readonly internal: boolean;
  readonly typeOnly: boolean;
  /** Only when the statement runs, if ever: `await import("x")`. */
  readonly dynamic: boolean;
}

/** One file below src/. */
export interface SourceFile {
  /** Its path below src/, without its ending. */
  readonly name: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** All TypeScript files below a folder of the project, `src` unless told. */
export function sourceFiles(folder = "src"): SourceFile[] {
  const root = join(PROJECT, folder);
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.c?ts$/.test(path))
    .map((path) => readSource(root, path));
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const name = relative(root, join(root, path))
    .split(sep)
    .join("/")
    .replace(/\.c?ts$/, "");
  return { name, text, lines: text.split("\n").length - 1, imports: importsOf(name, text) };
}

// Statements as the formatter leaves them: `import … from "x";`, `export … from "x";`, `await import("x")`.
const STATEMENT = /^(?:import|export)(\s+type\b)?([^;"]*?)from\s+"([^"]+)";|\bimport\("([^"]+)"\)/gm;

function importsOf(name: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map(([, typeWord, names = "", from, dynamic]) => {
    const target = from ?? dynamic ?? "";
    const internal = target.startsWith(".");
    const path = posix.join(posix.dirname(name), target).replace(/\.js$/, "");
    return {
      target: internal ? path : target,
      internal,
      typeOnly: typeWord !== undefined || onlyTypes(names),
      dynamic: dynamic !== undefined,
    };
  });
}

/** True for `{ type A, type B }`. */
function onlyTypes(names: string): boolean {
  const inner = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  return inner?.split(",").every((part) => part.trim() === "" || part.trim().startsWith("type ")) ?? false;
}
