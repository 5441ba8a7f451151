// `npm run renewal`: clients whose tokens expire all the time, against a real instance, with the key server away.
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { runScript } from "../scripts/setup/failure.mjs";
import { parseOptions, readNumber } from "../scripts/setup/usage.mjs";
import { compileTool } from "./shared/prepare.mjs";
import { prepareServers } from "./shared/servers.mjs";
import { withoutJest } from "./shared/without-jest.mjs";

const USAGE = `Usage: npm run renewal -- [options]

Starts MongoDB, a key server and an instance with AUTH=jwt, and clients with short tokens that publish and read. The key server
ends as soon as all clients are there. Checks that no acknowledged message is lost, repeated or out of order, that nobody misses
one, and that nobody is disconnected. Exits with 1 otherwise.

  --clients N         clients (1 to 5000, default 500)
  --token-seconds N   life of each token (7 to 3600, default 60)
  --seconds N         how long they talk (1 to 86400, default 300)
  --workers N         workers of the instance (1 to 16, default 2)
  --help
`;

const NUMBERS = [
  { name: "clients", least: 1, most: 5000, preset: 500, whole: true },
  { name: "token-seconds", least: 7, most: 3600, preset: 60, whole: true },
  { name: "seconds", least: 1, most: 86_400, preset: 300, whole: true },
  { name: "workers", least: 1, most: 16, preset: 2, whole: true },
];

function readOptions(args) {
  const options = Object.fromEntries(NUMBERS.map(({ name }) => [name, { type: "string" }]));
  const values = parseOptions(args, { ...options, help: { type: "boolean", short: "h" } }, USAGE);
  const [clients, tokenS, seconds, workers] = NUMBERS.map((spec) => readNumber(values, spec, USAGE));
  return { clients, tokenS, seconds, workers, help: values.help === true };
}

async function main(options) {
  await prepareServers();
  await compileTool("renewal", "dist", "tests/fixtures");
  const drain = await withoutJest();
  /** @type {typeof import("./renewal/cli.js")} */
  const { runRenewalCli } = await importCompiled(".cache/renewal/tools/renewal/cli.js");
  let code = 1;
  try {
    code = await runRenewalCli(options, (line) => process.stdout.write(`${line}\n`));
  } finally {
    await drain();
  }
  process.exit(code);
}

await runScript(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else await main(options);
});
