// `npm run stack`: the topology of production on this machine, without Docker, in one command.
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { build, runTsc } from "../scripts/setup/build.mjs";
import { prepareCLibrary } from "../scripts/setup/c-library.mjs";
import { installDependencies } from "../scripts/setup/dependencies.mjs";
import { runScript, SetupFailure } from "../scripts/setup/failure.mjs";
import { endWithLauncher } from "../scripts/setup/launcher.mjs";
import { ensureNginx } from "../scripts/setup/nginx.mjs";
import { checkNodeVersion } from "../scripts/setup/node-version.mjs";
import { inProject } from "../scripts/setup/project.mjs";
import { ensureRedis } from "../scripts/setup/redis.mjs";
import { parseOptions, wrongUsage } from "../scripts/setup/usage.mjs";

const USAGE = `Usage: npm run stack [-- <options>]

Installs and builds what is missing, then runs nginx, instances of Shoal, Redis and MongoDB until Ctrl-C or SIGTERM: what
docker compose up does, without Docker. nginx runs with the files of nginx/ as they are but for addresses and paths.
Data lie in a temporary directory that is deleted at the end. Variables of Shoal (docs/configuration.md has all of them), such as
LOG_LEVEL or DRAIN_WINDOW_MS (5000 here), go to the instances; kill -HUP or kill one of these to see what happens.

  --port N         port of the one URL (default 8080); everything else takes free ones
  --instances N    1 to 8, default 2
  --workers N      worker processes of each, 1 to 16, default 2
  --help
`;

/** Name, smallest, largest and default value of every option. */
const NUMBERS = [
  ["port", 1, 65_535, 8080],
  ["instances", 1, 8, 2],
  ["workers", 1, 16, 2],
];
const COMPILED = inProject(".cache", "stack");

function readOptions(args) {
  const options = Object.fromEntries(NUMBERS.map(([name]) => [name, { type: "string" }]));
  const values = parseOptions(args, { ...options, help: { type: "boolean", short: "h" } }, USAGE);
  const numbers = NUMBERS.map((spec) => [spec[0], readNumber(values, spec)]);
  return { ...Object.fromEntries(numbers), help: values.help === true };
}

function readNumber(values, [name, least, most, preset]) {
  const value = values[name] === undefined ? preset : Number(values[name] || Number.NaN);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(`--${name} must be a whole number from ${least} to ${most}`);
}

const wrong = (problem) => wrongUsage(problem, USAGE);

async function prepare() {
  checkNodeVersion();
  endWithLauncher();
  await installDependencies();
  await build();
  await prepareCLibrary();
  await ensureRedis();
  await ensureNginx();
  const { code } = await runTsc(["-p", "tools/stack"]);
  if (code !== 0) throw new SetupFailure("The stack does not compile, see above");
  // What is compiled looks for the database's program where its sources would.
  const link = inProject(".cache", "stack", "dist");
  mkdirSync(COMPILED, { recursive: true });
  if (!existsSync(link)) symlinkSync(inProject("dist"), link);
}

async function main(options) {
  await prepare();
  const { runStackCli } = await import("../.cache/stack/tools/stack/cli.js");
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interruption.abort());
  const code = await runStackCli({
    ...options,
    project: inProject(),
    // Enough to see it; without clients it is over at once.
    env: { DRAIN_WINDOW_MS: "5000", ...process.env },
    print: (line) => process.stdout.write(`${line}\n`),
    interrupted: interruption.signal,
  });
  process.exit(code);
}

await runScript(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else await main(options);
});
