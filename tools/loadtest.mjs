// `npm run loadtest`: many connections against a running deployment, with thresholds for CI and a report.
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { importCompiled } from "../scripts/setup/compiled.mjs";
import { runScript } from "../scripts/setup/failure.mjs";
import { inProject, readIfThere } from "../scripts/setup/project.mjs";
import { givenPath, parseOptions, readNumber, wrongUsage } from "../scripts/setup/usage.mjs";
import { compileTool, prepareTool } from "./shared/prepare.mjs";

const USAGE = `Usage: npm run loadtest -- [options]

Opens connections to a running server, lets them send messages to each other in rooms and measures what arrives. Exits
with 1 if the server cannot be reached, a threshold is exceeded, or a durable room loses, doubles or reorders a message.
Ctrl-C ends it early, with the summary and the report.

  --url URL            the server (default http://localhost:3000)
  --connections N      connections (1 to 1000000, default 100)
  --rooms R            rooms that they share (1 to 1000000, default 1)
  --rate M             messages per second of all connections (0 to 1000000, default 10)
  --transport T        websocket, polling or mixed (default websocket)
  --duration TIME      how long messages are sent: 500ms, 60s, 10m (default 30s)
  --body-bytes N       size of a body (27 to 1000000, default 100)
  --tokens FILE        a token a line, as "shoal token --count" writes them; dealt out to the connections in turn
  --durable            durable rooms instead of the relay; checked for loss, duplicates and order
  --ramp TIME          the connections are opened evenly over this time (default 5s)
  --connect-rate N     or this many per second
  --processes P        generator processes (1 to 256; default by connections, at most one per core)
  --settle TIME        longest wait for what is under way at the end (default 10s)
  --max-p99-ms X       threshold of the latency from sender to receiver
  --max-loss X         threshold of the share of missing deliveries, 0 to 1 (default 0 with --durable)
  --report FILE        the report, with a .json beside it (default .cache/loadtest-report.html)
  --help
`;

const NUMBERS = [
  { name: "connections", least: 1, most: 1_000_000, preset: 100, whole: true },
  { name: "rooms", least: 1, most: 1_000_000, preset: 1, whole: true },
  { name: "rate", least: 0, most: 1_000_000, preset: 10, whole: false },
  { name: "body-bytes", least: 27, most: 1_000_000, preset: 100, whole: true },
  { name: "connect-rate", least: 0.1, most: 1_000_000, preset: undefined, whole: false },
  { name: "processes", least: 1, most: 256, preset: undefined, whole: true },
  { name: "max-p99-ms", least: 0, most: 1e9, preset: undefined, whole: false },
  { name: "max-loss", least: 0, most: 1, preset: undefined, whole: false },
];
/** Name and default value of every option that is a time. */
const TIMES = { duration: "30s", ramp: "5s", settle: "10s" };
const WORDS = ["url", "transport", "report", "tokens"];
const FLAGS = { durable: { type: "boolean" }, help: { type: "boolean", short: "h" } };
const TRANSPORTS = ["websocket", "polling", "mixed"];
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** A process with more spends its time on the others' sockets. */
const CONNECTIONS_PER_PROCESS = 1000;
/** A generator's own files, beside its connections. */
const OTHER_FILES = 64;

function readOptions(args) {
  const names = [...NUMBERS.map(({ name }) => name), ...Object.keys(TIMES), ...WORDS];
  const strings = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const values = parseOptions(args, { ...strings, ...FLAGS }, USAGE);
  if (values.help) return undefined;
  /** @type {Record<string, any>} */
  const numbers = Object.fromEntries(NUMBERS.map((spec) => [spec.name, readNumber(values, spec, USAGE)]));
  const times = Object.fromEntries(
    Object.entries(TIMES).map(([name, preset]) => [name, readTime(name, values[name] ?? preset)]),
  );
  const { connections, rooms, rate } = numbers;
  const connectRate = numbers["connect-rate"];
  if (connectRate !== undefined && values.ramp !== undefined) {
    throw wrong("--connect-rate and --ramp exclude each other");
  }
  const transport = values.transport ?? "websocket";
  if (!TRANSPORTS.includes(transport)) throw wrong(`--transport must be one of ${TRANSPORTS.join(", ")}`);
  const options = {
    url: readUrl(values.url ?? "http://localhost:3000"),
    connections,
    rooms,
    rate,
    transport,
    durationMs: times.duration,
    bodyBytes: numbers["body-bytes"],
    durable: values.durable === true,
    rampMs: connectRate === undefined ? times.ramp : (1000 * connections) / connectRate,
    processes: processesFor(connections, transport, numbers.processes),
    settleMs: times.settle,
    maxP99Ms: numbers["max-p99-ms"],
    maxLoss: numbers["max-loss"],
    report: givenPath(values.report || inProject(".cache", "loadtest-report.html")),
  };
  // Apart from the options, which stand in the report.
  return { options, tokens: values.tokens === undefined ? undefined : readTokens(givenPath(values.tokens)) };
}

function readTokens(path) {
  const text = readIfThere(path);
  if (text === undefined) throw wrong(`--tokens: there is no file ${path}`);
  const tokens = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (tokens.length === 0) throw wrong(`--tokens: there is no token in ${path}`);
  return tokens;
}

function readTime(name, text) {
  const [, value, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const timeMs = value === undefined ? Number.NaN : Number(value) * UNIT_MS[unit];
  if (timeMs >= 0 && timeMs <= 24 * UNIT_MS.h) return timeMs;
  throw wrong(`--${name} must be a time such as 500ms, 60s or 10m, up to 24h`);
}

function readUrl(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.origin;
  throw wrong("--url must be a URL such as http://localhost:3000");
}

/** Every process may open only so many files, and polling takes two sockets per connection. */
function processesFor(connections, transport, wanted) {
  /** @type {{ userLimits?: Record<string, { soft: number | "unlimited" }> }} */
  const { userLimits } = process.report.getReport();
  const soft = userLimits?.open_files?.soft ?? "unlimited"; // not told on Windows
  const perProcess = soft === "unlimited" ? connections : Number(soft) - OTHER_FILES;
  const files = transport === "websocket" ? connections : 2 * connections;
  const least = Math.ceil(files / perProcess);
  if (wanted !== undefined && wanted < least) {
    throw wrong(`--processes must be at least ${least}: a process may open ${soft} files (ulimit -n)`);
  }
  const useful = Math.min(availableParallelism(), Math.ceil(connections / CONNECTIONS_PER_PROCESS));
  return Math.min(wanted ?? Math.max(least, useful), connections);
}

const wrong = (problem) => wrongUsage(problem, USAGE);

async function main({ options, tokens }) {
  await prepareTool();
  await compileTool("loadtest");
  /** @type {typeof import("./loadtest/cli.js")} */
  const { runLoadtestCli } = await importCompiled(".cache/loadtest/tools/loadtest/cli.js");
  mkdirSync(dirname(options.report), { recursive: true });
  const interruption = new AbortController();
  const onSignal = () => {
    if (interruption.signal.aborted) process.exit(130); // asked twice
    interruption.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, onSignal);
  const print = (text) => void process.stdout.write(`${text}\n`);
  process.exit(await runLoadtestCli({ options, tokens, print, interrupted: interruption.signal }));
}

await runScript(async () => {
  const asked = readOptions(process.argv.slice(2));
  if (asked === undefined) process.stdout.write(USAGE);
  else await main(asked);
});
