// The benchmark: runs rows as the script of `npm run bench` asks (one argument, JSON) and writes what they have found.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname } from "node:path";
import { FLOODS } from "./load/attacks.js";
import { htmlReport } from "./report/html.js";
import { type Run, summary, tableOf } from "./report/table.js";
import { cuts } from "./rows/cuts.js";
import { durable } from "./rows/durable.js";
import { fanOut } from "./rows/fan-out.js";
import { flood } from "./rows/flood.js";
import { ingress } from "./rows/ingress.js";
import { isolation } from "./rows/isolation.js";
import { latency } from "./rows/latency.js";
import { memory } from "./rows/memory.js";
import { publish } from "./rows/publish.js";
import type { Row } from "./rows/row.js";
import { soak } from "./rows/soak.js";
import type { Setup } from "./servers/machine.js";

interface Order {
  readonly setup: Setup;
  /** Names; all without any. */
  readonly rows: readonly string[];
  /** Kinds of floods; all without any. */
  readonly floods: readonly string[];
  readonly short: boolean;
  readonly runs: number;
  readonly json: string;
  readonly html: string;
}

const ROWS: readonly Row[] = [fanOut, durable, cuts, memory, latency, isolation, publish, ingress, flood];
/** Rows that run only when they are named: they take longer than all others. */
const LONG_ROWS: readonly Row[] = [soak];
const ALL_ROWS = [...ROWS, ...LONG_ROWS];

const order = JSON.parse(process.argv[2] ?? "{}") as Order;
const wanted = order.rows.length === 0 ? ROWS : ALL_ROWS.filter(({ name }) => order.rows.includes(name));
refuseUnknown(
  "row",
  order.rows,
  ALL_ROWS.map(({ name }) => name),
);
refuseUnknown("flood", order.floods, FLOODS);
const floods = FLOODS.filter((kind) => order.floods.length === 0 || order.floods.includes(kind));

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)
  process.once(signal, () => process.exit(code));
const begunAt = new Date();
const runs: Run[] = [];
for (let number = 1; number <= order.runs; number += 1) {
  const reports = [];
  for (const row of wanted) {
    const found = await row.run({
      setup: order.setup,
      short: order.short,
      floods,
      say: (line) => say(`  [${clock()}] ${line}`),
    });
    reports.push(found);
    for (const line of tableOf(found)) say(line);
  }
  runs.push({ load: loadavg()[0] ?? 0, reports });
}

const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
const result = { begunAt: begunAt.toISOString(), short: order.short, machine, runs };
for (const file of [order.json, order.html]) mkdirSync(dirname(file), { recursive: true });
writeFileSync(order.json, `${JSON.stringify(result, null, 2)}\n`);
writeFileSync(order.html, htmlReport(result));
const { lines, passed } = summary(runs);
for (const line of lines) say(line);
say(`written: ${order.json} and ${order.html}`);
process.exit(passed ? 0 : 1);

function refuseUnknown(what: string, asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  say(`There is no ${what} ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(2);
}

function clock(): string {
  const seconds = Math.floor((Date.now() - begunAt.getTime()) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
