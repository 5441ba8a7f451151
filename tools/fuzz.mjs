// `npm run fuzz`: frames, packets and requests of every kind and none against real instances, for as long as wanted.
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { runScript } from "../scripts/setup/failure.mjs";
import { parseOptions, readNumber, wrongUsage } from "../scripts/setup/usage.mjs";
import { compileTool } from "./shared/prepare.mjs";
import { prepareServers } from "./shared/servers.mjs";
import { withoutJest } from "./shared/without-jest.mjs";

const USAGE = `Usage: npm run fuzz -- [options]

Starts redis-server, MongoDB and two instances, one with AUTH=jwt and limits, one with neither, and sends them what no proper
client sends, without a proof, with a good one, an expired one and a mangled one. Checks that no process ends or grows, that
nothing is answered but what is declared, and that an ordinary client loses nothing meanwhile. Exits with 1 otherwise, and when it is
ended by Ctrl-C.

  --minutes N   how long from the warm-up on (default 10, or without a bound where --cases is given)
  --cases N     how many cases; one is a connection with some frames, packets or requests
  --seed S      repeats the cases of a run; without it a new one is drawn
  --case K      only case K of the seed, which is printed with all that came of it
  --kind WORD   only kinds with this word in their name: http, frames, engine, socket, events, routes
  --side WORD   only this instance: guarded or open
  --workers N   workers of each instance (1 to 16, default 2)
  --lanes N     cases at a time (1 to 500, default 64)
  --help
`;

const NUMBERS = [
  { name: "minutes", least: 0, most: 10_000, preset: undefined, whole: false },
  { name: "cases", least: 1, most: 1e9, preset: undefined, whole: true },
  { name: "case", least: 0, most: 1e9, preset: undefined, whole: true },
  { name: "workers", least: 1, most: 16, preset: 2, whole: true },
  { name: "lanes", least: 1, most: 500, preset: 64, whole: true },
];
const TEXTS = ["seed", "kind", "side"];

function readOptions(args) {
  const names = [...NUMBERS.map(({ name }) => name), ...TEXTS];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const values = parseOptions(args, { ...options, help: { type: "boolean", short: "h" } }, USAGE);
  const numbers = Object.fromEntries(NUMBERS.map((spec) => [spec.name, readNumber(values, spec, USAGE)]));
  const {
    cases,
    minutes = cases === undefined ? 10 : Number.POSITIVE_INFINITY,
    case: only,
    workers,
    lanes,
  } = numbers;
  if (only !== undefined && values.seed === undefined)
    throw wrongUsage("--case needs the --seed of its run", USAGE);
  return {
    ...{ cases: cases ?? Number.POSITIVE_INFINITY, minutes, only, workers, lanes },
    seed: values.seed ?? String(Math.floor(Math.random() * 1e9)),
    kind: values.kind ?? "",
    side: values.side ?? "",
    help: values.help === true,
  };
}

async function main(options) {
  await prepareServers();
  await compileTool("fuzz", "dist", "tests/fixtures");
  const drain = await withoutJest();
  /** @type {typeof import("./fuzz/cli.js")} */
  const { runFuzzCli, unknownWord } = await importCompiled(".cache/fuzz/tools/fuzz/cli.js");
  const unknown = unknownWord(options);
  if (unknown !== undefined) throw wrongUsage(unknown, USAGE);
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interruption.abort());
  const print = (text) => process.stdout.write(`${text}\n`);
  print(`seed ${options.seed}`);
  let code = 1;
  try {
    code = await runFuzzCli(options, print, interruption.signal);
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
