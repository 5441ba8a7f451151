// `npm run stack`: the topology of production on this machine, without Docker, in one command.
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { runScript } from "../scripts/setup/failure.mjs";
import { ensureNginx } from "../scripts/setup/nginx.mjs";
import { inProject } from "../scripts/setup/project.mjs";
import { parseOptions, readNumber } from "../scripts/setup/usage.mjs";
import { compileTool } from "./shared/prepare.mjs";
import { prepareServers } from "./shared/servers.mjs";

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

const NUMBERS = [
  { name: "port", least: 1, most: 65_535, preset: 8080, whole: true },
  { name: "instances", least: 1, most: 8, preset: 2, whole: true },
  { name: "workers", least: 1, most: 16, preset: 2, whole: true },
];

function readOptions(args) {
  const options = Object.fromEntries(NUMBERS.map(({ name }) => [name, { type: "string" }]));
  const values = parseOptions(args, { ...options, help: { type: "boolean", short: "h" } }, USAGE);
  const numbers = NUMBERS.map((spec) => [spec.name, readNumber(values, spec, USAGE)]);
  return { ...Object.fromEntries(numbers), help: values.help === true };
}

async function main(options) {
  await prepareServers();
  await ensureNginx();
  await compileTool("stack", "dist");
  /** @type {typeof import("./stack/cli.js")} */
  const { runStackCli } = await importCompiled(".cache/stack/tools/stack/cli.js");
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
