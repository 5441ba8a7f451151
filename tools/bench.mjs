// `npm run bench`: measures Shoal and what people would use instead, side by side in one run.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { outputOf, runCommand } from "../scripts/setup/command.mjs";
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { failOn, runScript, SetupFailure } from "../scripts/setup/failure.mjs";
import { fetchNode, runUnder, takeNodeVersion } from "../scripts/setup/other-node.mjs";
import { inProject } from "../scripts/setup/project.mjs";
import { givenPath, parseOptions, readNumber, wrongUsage } from "../scripts/setup/usage.mjs";
import { compileTool } from "./shared/prepare.mjs";
import { prepareServers } from "./shared/servers.mjs";

const USAGE = `Usage: npm run bench [-- options]

Starts Shoal and its peers (stock Socket.IO, plain ws, nchan where nginx has it), drives them in turn and prints ratios of
CPU time, throughput, latency and memory with their targets. Exits with 1 if a target was missed. Linux only.

  --rows LIST     comma-separated: fanout, durable, cuts, memory, latency, isolation, publish, ingress, flood
                  (default all of these), soak (ten minutes)
  --floods LIST   comma-separated: only these kinds in the row flood (default all that it prints)
  --short         smaller sizes and fewer rounds
  --runs N        all rows this often (1 to 20, default 1); a target is met when every run meets it
  --json FILE     the figures (default .cache/bench/report.json)
  --html FILE     the report with plots (default .cache/bench/report.html)
  --env NAME=VALUE  a variable for Shoal; may be repeated
  --against DIR   another build of Shoal (a dist folder with its node_modules) as a further side: fanout, memory, latency, publish
  --node VERSION  everything with this version of Node.js (24, or whole: 24.11.0), which comes from npm
  --nchan-module FILE  nchan's module for nginx, if it is not where Debian puts it
  --help
`;
const OPTIONS = {
  rows: { type: "string", default: "" },
  floods: { type: "string", default: "" },
  short: { type: "boolean", default: false },
  runs: { type: "string" },
  json: { type: "string", default: inProject(".cache", "bench", "report.json") },
  html: { type: "string", default: inProject(".cache", "bench", "report.html") },
  env: { type: "string", multiple: true, default: [] },
  against: { type: "string" },
  "nchan-module": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
};
const RUNS = { name: "runs", least: 1, most: 20, preset: 1, whole: true };
const NCHAN_OF_DEBIAN = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/** @returns {Record<string, any>} */
function readOptions(args) {
  const values = parseOptions(args, OPTIONS, USAGE);
  for (const one of values.env) if (!/^\w+=/.test(one)) throw wrongUsage("--env must be NAME=VALUE", USAGE);
  return { ...values, runs: readNumber(values, RUNS, USAGE) };
}

/** The first core is for the servers under test, the others for the load; without taskset nothing is pinned. */
function coresHere() {
  const count = availableParallelism();
  if (count < 2 || outputOf("taskset", ["--version"]) === undefined) return undefined;
  const load = count === 2 ? "1" : `1-${count - 1}`;
  return { server: "0", load, all: `0-${count - 1}` };
}

async function main(values) {
  if (process.platform !== "linux") throw new SetupFailure("The benchmark reads /proc: it needs Linux");
  await prepareServers();
  await compileTool("bench");

  /** @type {typeof import("../src/dev/embedded-mongodb/embedded-mongodb.js")} */
  const { createEmbeddedMongodb } = await importCompiled("dist/dev/embedded-mongodb/embedded-mongodb.js");
  /** @type {typeof import("../src/engine/process/logger.js")} */
  const { createLogger } = await importCompiled("dist/engine/process/logger.js");
  const cores = coresHere();
  // All that is started from here on inherits this, unless it is pinned itself.
  if (cores !== undefined) outputOf("taskset", ["-a", "-p", "-c", cores.load, String(process.pid)]);
  const dataDir = mkdtempSync(join(tmpdir(), "shoal-bench-"));
  const mongodb = createEmbeddedMongodb({ dataDir, log: createLogger("error") });
  try {
    await mongodb.start();
    const program = inProject(".cache", "bench", "tools", "bench", "main.js");
    const order = JSON.stringify(orderOf(values, cores, mongodb.uri()));
    const { code } = await runCommand(process.execPath, [program, order], { cwd: inProject() });
    failOn(code);
  } finally {
    await mongodb.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function orderOf(values, cores, mongodbUri) {
  const hasNginx = outputOf("nginx", ["-v"]) !== undefined;
  return {
    setup: {
      dist: inProject("dist"),
      otherDist: values.against && givenPath(values.against),
      mongodbUri,
      cores,
      nchan: hasNginx ? (values["nchan-module"] ?? NCHAN_OF_DEBIAN) : undefined,
      env: Object.fromEntries(values.env.map((one) => one.split(/=(.*)/s).slice(0, 2))),
    },
    rows: namesIn(values.rows),
    floods: namesIn(values.floods),
    short: values.short,
    runs: values.runs,
    json: givenPath(values.json),
    html: givenPath(values.html),
  };
}

const namesIn = (list) => list.split(",").filter((name) => name !== "");

await runScript(async () => {
  const { version, rest } = takeNodeVersion(process.argv.slice(2), USAGE);
  const values = readOptions(rest);
  if (values.help) process.stdout.write(USAGE);
  else if (version === undefined) await main(values);
  else failOn(await runUnder(await fetchNode(version), inProject("tools", "bench.mjs"), rest));
});
