// `npm run simulate`: a fleet of many instances and clients in virtual time, and what happens to it.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { runScript } from "../scripts/setup/failure.mjs";
import { givenPath, parseOptions, readNumber, wrongUsage } from "../scripts/setup/usage.mjs";
import { foreignShare, work } from "./capacity/plan.mjs";
import { camel, describe, MEASURED, OF_COMING_IN, OF_ROOMS, specsOf } from "./shared/coefficients.mjs";
import { compileTool, prepareTool } from "./shared/prepare.mjs";

/** @typedef {import("./shared/coefficients.mjs").Numbers} Numbers */

/** @type {Numbers} */
const FLEET = [
  ["clients", 1, 1e7, 1_000_000, "clients, each with one connection"],
  ["instances", 1, 10_000, 50, "instances"],
  ["workers", 1, 256, 2, "WORKERS of each"],
  ["zones", 2, 100, 3, "zones over which the instances are spread"],
  ["tries", 1, 10, 2, "instances that the balancer asks for one handshake"],
  ["health-seconds", 0, 3600, 10, "until the balancer takes out an instance that is gone"],
  ["library-share", 0, 1, 0.5, "part of the clients with the client library, in a durable room each"],
];
/** @type {Numbers} */
const COURSE = [
  ["surge", 1, 1000, 1, "new instances that a deploy starts at a time, maxSurge"],
  ["outage-seconds", 1, 3600, 30, "how long Redis is away"],
  ["token-seconds", 60, 31_622_400, 3600, "life of a token"],
];
/** @type {Numbers} */
const LOAD = [["messages-per-client", 0, 1000, 0.01, "messages that a client sends a second"], ...OF_ROOMS];
/** What takes no time in a handshake or beside one. */
const OTHERS = ["kb-per-connection", "mb-per-process", "us-per-redis"];
const COSTS = [...MEASURED.filter(([name]) => !OTHERS.includes(name)), ...OF_COMING_IN];
const WHOLE = ["clients", "instances", "workers", "zones", "tries", "surge", "room-size"];
const NUMBERS = specsOf([...FLEET, ...COURSE, ...LOAD, ...COSTS], WHOLE);
const SCENARIOS = ["deploy", "zone", "silent", "redis", "keys", "worker"];
const BALANCERS = ["round-robin", "least-connections"];

const USAGE = `Usage: npm run simulate -- [options]

Lets a fleet lose connections and take them back, in virtual time, with the service's own code for admission, drains, tokens and
sweeps, the back-off of stock clients, and the measured CPU times of \`npm run capacity\`. Prints what came of it. The same seed
gives the same figures.

  --scenario LIST               some of ${SCENARIOS.join(", ")} (all)
${describe(FLEET)}
  --cores N                     cores of each instance (as many as workers)
  --balancer B                  ${BALANCERS.join(" or ")} (${BALANCERS[0]})
  --env NAME=VALUE              a variable of the service, as of production; may be repeated
  --seed S                      another course of chance (1)
 the scenarios
${describe(COURSE)}
 what else the workers do
${describe(LOAD)}
 measured, see docs/capacity.md
${describe(COSTS)}
 the outcome
  --json FILE                   also writes all figures, by seconds too
  --html FILE                   also writes a page with plots
  --help
`;

const wrong = (problem) => wrongUsage(problem, USAGE);

function readOptions(args) {
  const texts = ["scenario", "cores", "balancer", "seed", "json", "html"];
  const strings = [...NUMBERS.map(({ name }) => name), ...texts].map((name) => [name, { type: "string" }]);
  const values = parseOptions(
    args,
    {
      ...Object.fromEntries(strings),
      env: { type: "string", multiple: true },
      help: { type: "boolean", short: "h" },
    },
    USAGE,
  );
  if (values.help) return undefined;
  /** @type {Record<string, any>} */
  const o = Object.fromEntries(NUMBERS.map((spec) => [camel(spec.name), readNumber(values, spec, USAGE)]));
  const balancer = values.balancer ?? BALANCERS[0];
  if (!BALANCERS.includes(balancer)) throw wrong(`--balancer must be ${BALANCERS.join(" or ")}`);
  const { healthSeconds, outageSeconds, tokenSeconds, ...rest } = o;
  return {
    ...rest,
    ...{ healthMs: 1000 * healthSeconds, outageMs: 1000 * outageSeconds, tokenMs: 1000 * tokenSeconds },
    balancer,
    cores: readNumber(
      values,
      { name: "cores", least: 1, most: 1024, preset: undefined, whole: false },
      USAGE,
    ),
    seed: values.seed ?? "1",
    scenarios: values.scenario?.split(",").map((name) => name.trim()) ?? [],
    variables: Object.fromEntries((values.env ?? []).map(readVariable)),
    coefficients: Object.fromEntries(COSTS.map(([name]) => [camel(name), o[camel(name)]])),
    otherWork: otherWorkOf(o),
    json: values.json === undefined ? undefined : givenPath(values.json),
    html: values.html === undefined ? undefined : givenPath(values.html),
  };
}

function readVariable(text) {
  const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) throw wrong("--env must be a NAME=VALUE");
  return [name, value];
}

/** By the formulas of `npm run capacity`: for each connection, and for what others send. */
function otherWorkOf(o) {
  const load = { ...o, connections: o.clients, messagesPerSecond: o.clients * o.messagesPerClient };
  return { perConnection: work(load).cores / o.clients, perClient: foreignShare(load) / o.clients };
}

async function main(options) {
  await prepareTool();
  await compileTool("simulate");
  /** @type {typeof import("./simulate/cli.js")} */
  const { problemOf, runSimulateCli } = await importCompiled(".cache/simulate/tools/simulate/cli.js");
  const problem = problemOf(options);
  if (problem !== undefined) throw wrong(problem);
  for (const file of [options.json, options.html])
    if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  await runSimulateCli(
    options,
    (text) => void process.stdout.write(`${text}\n`),
    (line) => void process.stderr.write(`> ${line}\n`),
  );
}

await runScript(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else await main(options);
});
