import { readdirSync } from "node:fs";
import { sep } from "node:path";
import { outputOf } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { inProject } from "./project.mjs";

const WATCH = /^--watch(All)?(=.*)?$/;
/** What says how jest is to tell the result: it would tell the list of files in the same way. */
const OF_RESULT = /^--(json|outputFile)(=.*)?$/;

/** True when jest is to stay and run tests again. */
export function isWatching(args) {
  return args.some((arg) => WATCH.test(arg));
}

/** Of an argument that is a path of tests. */
const PATH = /^(\.\/)?tests(\/|$)/;

/** What `build` does not compile; each comes with the types of what it imports. */
const TYPED = [
  "tests",
  "tools/bench",
  "tools/chaos",
  "tools/fuzz",
  "tools/loadtest",
  "tools/renewal",
  "tools/simulate",
  "tools/stack",
  "scripts",
];

/**
 * What is checked before the tests: of all of them everything, of those below some folders the types that they depend on. Of single files
 * nothing: who runs one again and again waits for the file, and the compiler takes longer than most of them.
 */
export function checksFor(args) {
  const parts = args.filter((arg) => PATH.test(arg) && !/^(\.\/)?tests\/?$/.test(arg));
  if (isWatching(args)) return { lint: false, types: [] };
  if (parts.length === 0) return { lint: true, types: TYPED };
  return { lint: false, types: parts.every((part) => part.endsWith(".test.ts")) ? [] : ["tests"] };
}

/**
 * Looks at the paths among the arguments as jest does, before anything is installed.
 * @throws {SetupFailure} for one that no test file has.
 */
export function checkPaths(args) {
  const files = readdirSync(inProject("tests"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `tests/${name.replaceAll(sep, "/")}`);
  for (const arg of args.filter((word) => PATH.test(word))) {
    const pattern = arg.replace(/^\.\//, "");
    if (!files.some((file) => file.includes(pattern) || matches(pattern, file))) {
      throw new SetupFailure(`There is no test file at ${arg}`);
    }
  }
}

function matches(pattern, file) {
  try {
    return new RegExp(pattern).test(file);
  } catch {
    return false;
  }
}

/** The test files that jest would run with these arguments; none when it does not know one of them. Needs the dependencies. */
export function selectedTests(jest, args) {
  const rest = args.filter(
    (arg, at) => !WATCH.test(arg) && !OF_RESULT.test(arg) && args[at - 1] !== "--outputFile",
  );
  const listed = outputOf(process.execPath, [jest, ...rest, "--listTests"], { cwd: inProject() }) ?? "";
  return listed.split("\n").filter((line) => line.endsWith(".test.ts"));
}
