// `npm run chaos`: real servers, real clients and every fault of the matrix, for as long as wanted.
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { runScript } from "../scripts/setup/failure.mjs";
import { parseOptions, readNumber, wrongUsage } from "../scripts/setup/usage.mjs";
import { compileTool } from "./shared/prepare.mjs";
import { prepareServers } from "./shared/servers.mjs";
import { withoutJest } from "./shared/without-jest.mjs";

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
  --auth           clients have tokens of 45 s, which they renew, and the limits of users and addresses are on
  --fault WORD     only faults with this word in their name; may be repeated
  --help
`;

const NUMBERS = [
  { name: "minutes", least: 0, most: 10_000, preset: 10, whole: false },
  { name: "instances", least: 2, most: 8, preset: 2, whole: true },
  { name: "workers", least: 2, most: 8, preset: 2, whole: true },
  { name: "clients", least: 4, most: 200, preset: 24, whole: true },
  { name: "rooms", least: 1, most: 100, preset: 5, whole: true },
  { name: "rate", least: 1, most: 5000, preset: 150, whole: true },
  { name: "converge", least: 1, most: 120, preset: 15, whole: true },
];

function readOptions(args) {
  const names = [...NUMBERS.map(({ name }) => name), "seed"];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const values = parseOptions(
    args,
    {
      ...options,
      auth: { type: "boolean" },
      fault: { type: "string", multiple: true },
      help: { type: "boolean", short: "h" },
    },
    USAGE,
  );
  const numbers = Object.fromEntries(NUMBERS.map((spec) => [spec.name, readNumber(values, spec, USAGE)]));
  const { converge: convergeSeconds, ...rest } = numbers;
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
  return {
    ...rest,
    convergeSeconds,
    seed,
    auth: values.auth === true,
    faults: values.fault ?? [],
    help: values.help === true,
  };
}

async function main(options) {
  await prepareServers();
  await compileTool("chaos", "dist", "tests/fixtures");
  const drain = await withoutJest();
  /** @type {typeof import("./chaos/cli.js")} */
  const { faultNames, runChaosCli } = await importCompiled(".cache/chaos/tools/chaos/cli.js");
  const unknown = options.faults.find((word) => !faultNames().some((name) => name.includes(word)));
  if (unknown !== undefined) {
    throw wrongUsage(`No fault is called "${unknown}". There are:\n  ${faultNames().join("\n  ")}`, USAGE);
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
