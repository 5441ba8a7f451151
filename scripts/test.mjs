// `npm test`: everything from a fresh clone to the result of all checks. Arguments go to jest.
import { build, checkTypesOf } from "./setup/build.mjs";
import { runCommand } from "./setup/command.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { failOn, runScript } from "./setup/failure.mjs";
import { endWithLauncher } from "./setup/launcher.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { fetchNode, runUnder, takeNodeVersion } from "./setup/other-node.mjs";
import { inProject, say } from "./setup/project.mjs";
import { needsOf } from "./setup/test-needs.mjs";
import { checkPaths, checksFor, isWatching, selectedTests } from "./setup/test-selection.mjs";

const USAGE = `Usage: npm test [-- [--node VERSION] <arguments for jest>]

Installs what is missing and what the chosen tests need, then lints, builds, checks types and runs the tests.
  npm test -- tests/unit       only the tests below a folder; no lint, of the types those of tests and src
  npm test -- tests/unit/health.test.ts   only the tests of a file; no lint, no check of types
  npm test -- -t "two words"   only the tests with these words in their titles
  npm test -- --node 24        all of it with this version of Node.js (24, or whole: 24.11.0), which comes from npm
  npm run test:watch           runs the tests again after each change; no lint, no check of types
`;

const JEST = inProject("node_modules", "jest", "bin", "jest.js");
// After the caller's arguments: jest takes what follows for more reporters.
const REPORTERS = ["default", inProject("scripts", "setup", "totals-reporter.mjs")].map(
  (name) => `--reporters=${name}`,
);

async function main({ version, rest }) {
  checkNodeVersion();
  endWithLauncher();
  checkPaths(rest);
  if (version === undefined) return check(rest);
  const program = await fetchNode(version);
  failOn(await runUnder(program, inProject("scripts", "test.mjs"), rest));
}

async function check(args) {
  await timed("dependencies", installDependencies);
  const files = selectedTests(JEST, args);
  // Nothing to check, or a wrong argument: jest says it better, and at once.
  if (files.length === 0) return runJest(args);
  const checks = checksFor(args);
  if (checks.lint) await timed("lint", lint);
  await timed("build", build);
  if (checks.types.length > 0) await timed("types", () => checkTypes(checks.types));
  for (const { name, ensure } of needsOf(files)) await timed(name, ensure);
  const again = isWatching(args) ? [`--globalSetup=${inProject("scripts", "setup", "build-again.mjs")}`] : [];
  await timed("tests", () => runJest([...args, ...again]));
}

async function timed(name, step) {
  const start = performance.now();
  await step();
  say(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

const lint = () => run(inProject("node_modules", "@biomejs", "biome", "bin", "biome"), ["check"]);
const runJest = (args) => run(JEST, [...args, ...REPORTERS], isWatching(args));

async function checkTypes(projects) {
  say(`checking types (tsc) of ${projects.join(", ")}`);
  for (const project of projects) failOn((await checkTypesOf(project)).code);
}

async function run(program, args, terminal = false) {
  const { code } = await runCommand(process.execPath, [program, ...args], { cwd: inProject(), terminal });
  failOn(code);
}

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) process.stdout.write(USAGE);
else await runScript(() => main(takeNodeVersion(args, USAGE)));
