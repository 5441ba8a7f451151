// `npm run bench`: measures Shoal and what people would use instead, side by side in one run.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, runTsc } from "../scripts/setup/build.mjs";
import { prepareCLibrary } from "../scripts/setup/c-library.mjs";
import { outputOf, runCommand } from "../scripts/setup/command.mjs";
import { installDependencies } from "../scripts/setup/dependencies.mjs";
import { runScript, SetupFailure } from "../scripts/setup/failure.mjs";
import { endWithLauncher } from "../scripts/setup/launcher.mjs";
import { checkNodeVersion } from "../scripts/setup/node-version.mjs";
import { inProject } from "../scripts/setup/project.mjs";
import { ensureRedis } from "../scripts/setup/redis.mjs";

const USAGE = `Usage: npm run bench [-- options]

Starts Shoal and its peers (stock Socket.IO, plain ws, nchan where nginx has it), drives them in turn and prints ratios of
CPU time, throughput, latency and memory with their targets. Exits with 1 if a target was missed. Linux only.

  --rows LIST     comma-separated: fanout, durable, memory, latency, isolation, publish, ingress (default all
                  of these), soak (ten minutes)
  --short         smaller sizes and fewer rounds
  --runs N        all rows this often (1 to 20, default 1); a target is met when every run meets it
  --json FILE     the figures (default .cache/bench/report.json)
  --html FILE     the report with plots (default .cache/bench/report.html)
  --env NAME=VALUE  a variable for Shoal; may be repeated
  --against DIR   another build of Shoal (a dist folder with its node_modules) as a further side
  --nchan-module FILE  nchan's module for nginx, if it is not where Debian puts it
  --help
`;
const OPTIONS = {
  rows: { type: "string", default: "" },
  short: { type: "boolean", default: false },
  runs: { type: "string", default: "1" },
  json: { type: "string", default: inProject(".cache", "bench", "report.json") },
  html: { type: "string", default: inProject(".cache", "bench", "report.html") },
  env: { type: "string", multiple: true, default: [] },
  against: { type: "string" },
  "nchan-module": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
};
const NCHAN_OF_DEBIAN = "/usr/lib/nginx/modules/ngx_nchan_module.so";

function readOptions() {
  try {
    const { values } = parseArgs({ args: process.argv.slice(2), options: OPTIONS });
    if (!/^(1?\d|20)$/.test(values.runs) || values.runs === "0") throw new Error("--runs must be 1 to 20");
    for (const one of values.env) if (!/^\w+=/.test(one)) throw new Error("--env must be NAME=VALUE");
    return values;
  } catch (error) {
    throw new SetupFailure(`${error.message}\n\n${USAGE}`, 2);
  }
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
  await installDependencies();
  await ensureRedis();
  await build();
  await prepareCLibrary();
  if ((await runTsc(["-p", "tools/bench"])).code !== 0) throw new SetupFailure("The build failed, see above");

  const { createEmbeddedMongodb } = await import("../dist/dev/embedded-mongodb/embedded-mongodb.js");
  const { createLogger } = await import("../dist/engine/process/logger.js");
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
    if (code !== 0) throw new SetupFailure("", code ?? 1);
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
      otherDist: values.against && resolve(process.env.INIT_CWD ?? ".", values.against),
      mongodbUri,
      cores,
      nchan: hasNginx ? (values["nchan-module"] ?? NCHAN_OF_DEBIAN) : undefined,
      env: Object.fromEntries(values.env.map((one) => one.split(/=(.*)/s).slice(0, 2))),
    },
    rows: values.rows.split(",").filter((name) => name !== ""),
    short: values.short,
    runs: Number(values.runs),
    json: resolve(process.env.INIT_CWD ?? ".", values.json),
    html: resolve(process.env.INIT_CWD ?? ".", values.html),
  };
}

await runScript(async () => {
  const values = readOptions();
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  checkNodeVersion();
  endWithLauncher();
  await main(values);
});
