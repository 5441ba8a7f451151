// `npm run capacity`: what a deployment for so many connections and messages needs, and what limits it.

import { runScript } from "../scripts/setup/failure.mjs";
import { parseOptions, readNumber, wrongUsage } from "../scripts/setup/usage.mjs";
import { linesOf, plan, round } from "./capacity/plan.mjs";
import { camel, describe, MEASURED, OF_ROOMS, specsOf } from "./shared/coefficients.mjs";

/** @typedef {import("./shared/coefficients.mjs").Numbers} Numbers */

/** @type {Numbers} */
const LOAD = [
  ["connections", 1, 1e9, 100_000, "open connections"],
  ["messages-per-second", 0, 1e9, 1000, "messages that clients send, all together"],
  ...OF_ROOMS,
  ["body-bytes", 1, 1e6, 200, "size of a body"],
];
/** @type {Numbers} */
const PLANT = [
  ["cores-per-pod", 1, 256, 2, "cores, and workers, of an instance"],
  ["gib-per-pod", 0.25, 1024, 2, "memory limit of an instance"],
  ["connections-per-worker", 1, 1e6, 20_000, "MAX_CONNECTIONS_PER_WORKER"],
  ["handshakes-per-second", 1, 1e6, 1000, "MAX_HANDSHAKES_PER_SECOND"],
  ["fill", 0.05, 1, 0.65, "part of connections and memory that is used on a normal day"],
  ["cpu", 0.05, 1, 0.6, "part of a core that is used on a normal day"],
  ["zones", 1, 100, 3, "zones over which the pods are spread"],
  ["edge-cores", 1, 256, 4, "worker processes of each nginx in front"],
  ["drain-seconds", 0, 3600, 60, "DRAIN_WINDOW_MS"],
];
/**
 * Not measured here: put in what yours can do.
 * @type {Numbers}
 */
const ASSUMED = [
  ["redis-mb-per-second", 0.1, 1e6, 100, "what one Redis may send"],
  ["batches-per-second", 1, 1e7, 2000, "batches of durable messages that one MongoDB primary commits"],
  ["source-ports", 1, 64_512, 28_232, "net.ipv4.ip_local_port_range: 32768 to 60999"],
  ["conntrack", 1, 1e9, 262_144, "net.netfilter.nf_conntrack_max of a node"],
];
const WHOLE = ["connections", "room-size", "cores-per-pod", "connections-per-worker", "zones", "edge-cores"];
const NUMBERS = specsOf([...LOAD, ...PLANT, ...MEASURED, ...ASSUMED], WHOLE);
const ADAPTERS = ["pubsub", "sharded"];
const USAGE = `Usage: npm run capacity -- [options]

Prints what a deployment needs, with the formula of each line, and marks with ! what its defaults do not carry.

${describe(LOAD)}
  --adapter A                   REDIS_ADAPTER: ${ADAPTERS.join(" or ")} (${ADAPTERS[0]})
 the plant
${describe(PLANT)}
 measured, see docs/capacity.md
${describe(MEASURED)}
 assumed
${describe(ASSUMED)}
  --help
`;

function readOptions(args) {
  const strings = [...NUMBERS.map(({ name }) => name), "adapter"].map((name) => [name, { type: "string" }]);
  const values = parseOptions(
    args,
    { ...Object.fromEntries(strings), help: { type: "boolean", short: "h" } },
    USAGE,
  );
  if (values.help) return undefined;
  const adapter = values.adapter ?? ADAPTERS[0];
  if (!ADAPTERS.includes(adapter)) throw wrongUsage(`--adapter must be ${ADAPTERS.join(" or ")}`, USAGE);
  return {
    adapter,
    ...Object.fromEntries(NUMBERS.map((spec) => [camel(spec.name), readNumber(values, spec, USAGE)])),
  };
}

function report(p) {
  const { o } = p;
  const head = `${o.connections} connections, ${o.messagesPerSecond} messages/s to ${o.roomSize} each, ${o.bodyBytes} bytes, ${o.adapter}`;
  if (!p.feasible) {
    const why =
      p.limit === "memory"
        ? "the processes alone fill the pod: raise --gib-per-pod"
        : "every worker would be busy with the others' messages: --adapter sharded, or fewer messages";
    return `${head}\n\nNot possible, ${p.limit}: ${why}.\n`;
  }
  const rows = linesOf(p).map(({ value, ...rest }) => ({
    ...rest,
    value: round(value >= 100 ? Math.ceil(value) : value),
  }));
  const width = (key) => Math.max(...rows.map((row) => row[key].length));
  const [names, values] = [width("name"), width("value")];
  const table = rows.map(
    ({ name, value, formula, over }) =>
      `${over ? "!" : " "} ${name.padEnd(names)}  ${value.padStart(values)}  ${formula}`,
  );
  const marked = rows.filter(({ over }) => over).map(({ name }) => name);
  const beyond =
    marked.length > 0 ? `\nMarked, as one server or a default does not carry it: ${marked.join("; ")}.` : "";
  return `${head}\n\n${table.join("\n")}\n\nThe number of pods is decided by ${p.limit}.${beyond}\n`;
}

await runScript(async () => {
  const options = readOptions(process.argv.slice(2));
  process.stdout.write(options === undefined ? USAGE : report(plan(options)));
});
