// `npm run chaos`: real servers, real clients and every fault of the matrix, for as long as wanted.
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { build, runTsc } from "../scripts/setup/build.mjs";
import { prepareCLibrary } from "../scripts/setup/c-library.mjs";
import { installDependencies } from "../scripts/setup/dependencies.mjs";
import { runScript, SetupFailure } from "../scripts/setup/failure.mjs";
import { endWithLauncher } from "../scripts/setup/launcher.mjs";
import { checkNodeVersion } from "../scripts/setup/node-version.mjs";
import { inProject } from "../scripts/setup/project.mjs";
import { ensureRedis } from "../scripts/setup/redis.mjs";
import { parseOptions, wrongUsage } from "../scripts/setup/usage.mjs";

const USAGE = `Usage: npm run chaos -- [options]

Starts redis-server, MongoDB and several instances, harms them while clients publish and read, and checks that no
acknowledged message is lost, shown twice or out of order. Exits with 1 if any was. Ctrl-C ends it with the summary.

  --minutes N      how long faults are injected (default 10)
  --seed S         repeats the schedule of a run; without it a new one is drawn
  --instances N    instances, each with its own links to everything (2 to 8, default 2)
  --workers N      workers of each (2 to 8, default 2)
  --clients N      clients that stay; 8 more come and go (4 to 200, default 24)
  --rooms N        rooms (1 to 100, default 5)
  --rate N         messages per second of all clients (1 to 5000, default 150)
  --converge N     seconds from the end of a fault until everyone must have everything (1 to 120, default 15)
  --fault WORD     only faults with this word in their name; may be repeated
  --help
`;

/** Name, smallest, largest and default value of every option that is a number. */
const NUMBERS = [
  ["minutes", 0, 10_000, 10],
  ["instances", 2, 8, 2],
  ["workers", 2, 8, 2],
  ["clients", 4, 200, 24],
  ["rooms", 1, 100, 5],
  ["rate", 1, 5000, 150],
  ["converge", 1, 120, 15],
];
const COMPILED = inProject(".cache", "chaos");

function readOptions(args) {
  const names = [...NUMBERS.map(([name]) => name), "seed"];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const values = parseOptions(
    args,
    {
      ...options,
      fault: { type: "string", multiple: true },
      help: { type: "boolean", short: "h" },
    },
    USAGE,
  );
  const numbers = Object.fromEntries(NUMBERS.map((spec) => [spec[0], readNumber(values, spec)]));
  const { converge: convergeSeconds, ...rest } = numbers;
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
  return { ...rest, convergeSeconds, seed, faults: values.fault ?? [], help: values.help === true };
}

function readNumber(values, [name, least, most, preset]) {
  const value = values[name] === undefined ? preset : Number(values[name] || Number.NaN);
  const isWhole = Number.isInteger(value) || name === "minutes";
  if (isWhole && value >= least && value <= most) return value;
  throw wrong(`--${name} must be a number from ${least} to ${most}`);
}

const wrong = (problem) => wrongUsage(problem, USAGE);

async function prepare() {
  checkNodeVersion();
  endWithLauncher();
  await installDependencies();
  await build();
  await prepareCLibrary();
  await ensureRedis();
  const { code } = await runTsc(["-p", "tools/chaos"]);
  if (code !== 0) throw new SetupFailure("The harness does not compile, see above");
  link("dist");
  link("tests", "fixtures");
}

/** The compiled harness looks for programs where its sources would. */
function link(...names) {
  const path = inProject(".cache", "chaos", ...names);
  if (existsSync(path)) return;
  mkdirSync(COMPILED, { recursive: true });
  symlinkSync(inProject(...names), path);
}

/** Helpers of the tests register what ends their servers with jest, which is not here. */
async function withoutJest() {
  const { expect } = await import("expect");
  const drains = [];
  const nothing = () => {};
  Object.assign(globalThis, {
    expect,
    beforeEach: nothing,
    afterEach: nothing,
    afterAll: (drain) => drains.push(drain),
  });
  return async () => {
    for (const drain of drains) await drain();
  };
}

async function main(options) {
  await prepare();
  const drain = await withoutJest();
  const { faultNames, runChaosCli } = await import("../.cache/chaos/tools/chaos/cli.js");
  const unknown = options.faults.find((word) => !faultNames().some((name) => name.includes(word)));
  if (unknown !== undefined) {
    throw wrong(`No fault is called "${unknown}". There are:\n  ${faultNames().join("\n  ")}`);
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interruption.abort());
  const print = (text) => process.stdout.write(`${text}\n`);
  print(`seed ${options.seed}`);
  let code = 1;
  try {
    code = await runChaosCli(options, print, interruption.signal);
  } finally {
    // A terminal's Ctrl-C reaches the servers, too, which then end unasked.
    await drain().catch((error) => {
      if (interruption.signal.aborted) return;
      print(`VIOLATION at the end: ${error}`);
      code = 1;
    });
  }
  process.exit(code);
}

await runScript(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else await main(options);
});
