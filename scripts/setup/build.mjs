import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.mjs";
import { compilerEnvironment } from "./compiler-environment.mjs";
import { SetupFailure } from "./failure.mjs";
import { inProject, readIfThere, say } from "./project.mjs";

/** What is compiled, and to where below dist/. */
const SOURCES = [
  { folder: "src", to: "" },
  { folder: "client", to: "client" },
];
export const SOURCE_FOLDERS = SOURCES.map(({ folder }) => folder);
const OUTPUT = inProject("dist");
const BUILD_INFO = join(OUTPUT, ".tsbuildinfo");
const STAMP = join(OUTPUT, ".stamp");

/**
 * Compiles src/ to dist/, and client/ to dist/client/, unless dist/ is what the present sources give. Decided by
 * content, never by time.
 * @throws {SetupFailure} when the compiler finds errors; it has printed them.
 */
export async function build() {
  removeStale();
  const made = parseStamp(readIfThere(STAMP));
  const inputs = inputDigest();
  const isOurs = made.outputs === outputDigest();
  if (isOurs && made.inputs === inputs) return;

  say("building (tsc)");
  rmSync(STAMP, { force: true });
  // The compiler believes its notes without a look at the files, which somebody else has changed.
  if (!isOurs) rmSync(BUILD_INFO, { force: true });
  // The command line in src/ uses the client library by the package's name, as its users do.
  for (const project of ["client", "."]) {
    const { code } = await runTsc(["-p", project]);
    if (code !== 0) throw new SetupFailure("The build failed, see above");
  }
  writeFileSync(STAMP, JSON.stringify({ inputs, outputs: outputDigest() }));
}

/** Whether dist/ is there in full, whatever it was compiled from. */
export function isBuilt() {
  return existsSync(STAMP);
}

/** Whether dist/ was compiled from the present sources. */
export function isUpToDate() {
  return parseStamp(readIfThere(STAMP)).inputs === inputDigest();
}

/** All sources and where each is compiled to, as paths from the project's folder. */
export function compiledSources() {
  return SOURCES.flatMap(({ folder, to }) =>
    sourcesIn(folder).map((name) => ({
      source: join(folder, name),
      output: join("dist", to, compiledName(name)),
    })),
  );
}

/**
 * Checks the types of a project, such as `tests`, with notes of the last time in .cache/types: by the content of files, it looks only at
 * what a change concerns. As `runTsc`.
 */
export function checkTypesOf(project) {
  const notes = inProject(".cache", "types", `${project.replaceAll("/", "-")}.tsbuildinfo`);
  return runTsc(["--noEmit", "--incremental", "--tsBuildInfoFile", notes, "-p", project]);
}

/** Runs the project's TypeScript compiler and prints what it says, in colours on a terminal; as `runCommand`, quiet. */
export async function runTsc(args) {
  const program = inProject("node_modules", "typescript", "bin", "tsc");
  const pretty = process.stdout.isTTY ? ["--pretty"] : [];
  // It goes on to its end after a signal; what it leaves unfinished is compiled anew.
  const options = { cwd: inProject(), quiet: true, deaf: true, env: compilerEnvironment() };
  const result = await runCommand(process.execPath, [program, ...args, ...pretty], options);
  process.stdout.write(result.output);
  return result;
}

/**
 * A deleted source must not live on as a module that can still be imported.
 * @returns {boolean} whether there was one
 */
export function removeStale() {
  const expected = new Set(compiledSources().map(({ output }) => output));
  const moduleOf = (name) => name.replace(/\.map$/, "").replace(/\.d\.(c?)ts$/, ".$1js");
  const isStale = (name) => !expected.has(join("dist", moduleOf(name)));
  const stale = modules().filter(isStale);
  for (const name of stale) rmSync(join(OUTPUT, name));
  return stale.length > 0;
}

/** A `.cts` stays a CommonJS module. */
function compiledName(name) {
  return name.replace(/\.(c?)ts$/, ".$1js");
}

function inputDigest() {
  const settings = ["tsconfig.json", join("client", "tsconfig.json"), "package-lock.json"];
  const sources = SOURCES.flatMap(({ folder }) => sourcesIn(folder).map((name) => join(folder, name)));
  return digest([...settings, ...sources].map((name) => inProject(name)));
}

function sourcesIn(folder) {
  return filesBelow(inProject(folder)).filter((name) => /\.c?ts$/.test(name));
}

function outputDigest() {
  return digest(modules().map((name) => join(OUTPUT, name)));
}

function modules() {
  return filesBelow(OUTPUT).filter((name) => /\.(c?js(\.map)?|d\.c?ts)$/.test(name));
}

function digest(paths) {
  const hash = createHash("sha256");
  for (const path of paths)
    hash.update(`${path}\0`).update(createHash("sha256").update(readFileSync(path)).digest());
  return hash.digest("hex");
}

function parseStamp(text) {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {}; // cut short
  }
}

/** Paths below a directory, relative to it, sorted; none when it does not exist. */
function filesBelow(directory) {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}
