// `npm test`: everything from a fresh clone to the result of all checks. Arguments go to jest.
import { build, runTsc } from "./setup/build.mjs";
import { prepareCLibrary } from "./setup/c-library.mjs";
import { ensureChromium } from "./setup/chromium.mjs";
import { runCommand } from "./setup/command.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript, SetupFailure } from "./setup/failure.mjs";
import { endWithLauncher } from "./setup/launcher.mjs";
import { ensureNginx } from "./setup/nginx.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { inProject, say } from "./setup/project.mjs";
import { ensureRedis } from "./setup/redis.mjs";

const USAGE = `Usage: npm test [-- <arguments for jest>]

Installs what is missing, then lints, builds, checks types and runs the tests.
  npm test -- tests/unit       only the tests below a directory
  npm test -- -t "two words"   only the tests with these words in their titles
`;

/** What `build` does not compile. */
const TYPED = ["tests", "bench", "loadtest", "stack"];
// After the caller's arguments: jest takes what follows for more reporters.
const REPORTERS = ["default", inProject("scripts", "setup", "totals-reporter.mjs")].map(
  (name) => `--reporters=${name}`,
);

async function main(args) {
  checkNodeVersion();
  endWithLauncher();
  await timed("dependencies", installDependencies);
  await timed("lint", () => check(inProject("node_modules", "@biomejs", "biome", "bin", "biome"), ["check"]));
  await timed("build", build);
  await timed("types", async () => {
    for (const project of TYPED) failOn(await runTsc(["--noEmit", "-p", project]));
  });
  await timed("C library", prepareCLibrary);
  await timed("redis-server", ensureRedis);
  await timed("nginx", ensureNginx);
  await timed("Chromium", ensureChromium);
  await timed("tests", () =>
    check(inProject("node_modules", "jest", "bin", "jest.js"), [...args, ...REPORTERS]),
  );
}

async function timed(name, step) {
  const start = performance.now();
  await step();
  say(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

async function check(program, args) {
  failOn(await runCommand(process.execPath, [program, ...args], { cwd: inProject() }));
}

/** What was wrong is on the screen already. */
function failOn({ code }) {
  if (code !== 0) throw new SetupFailure("", code ?? 1);
}

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) process.stdout.write(USAGE);
else await runScript(() => main(args));
