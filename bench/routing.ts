import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { percentile } from "./percentile.js";
import type { Load, LoadResult } from "./routing-load.js";
import type { Serving, Side } from "./routing-server.js";

/** One load on one side. CPU time is that of the server's processes, which other users of the machine do not change. */
export interface RoutingRow extends LoadResult {
  readonly side: Side;
  readonly load: Load;
  readonly primaryCpuUs: number;
  readonly workersCpuUs: number;
}

const SERVER = fileURLToPath(new URL("./routing-server.js", import.meta.url));
const GENERATOR = fileURLToPath(new URL("./routing-load.js", import.meta.url));
/** Of one clock tick of /proc (sysconf _SC_CLK_TCK, 100 on every Linux there is), in microseconds. */
const TICK_US = 10_000;
/** Turns of each side, per load. */
const ROUNDS = 3;
const SIDES: readonly Side[] = ["sticky", "forward", "plain round robin", "plain shared"];
const LOADS: readonly Load[] = ["WebSocket handshake", "GET", "POST", "POST in a session"];

/**
 * Measures every load on every side for `ms` in all. All servers run at once and take turns, so that whatever else
 * the machine does meets each of them. `onRow` hears of each result as it comes.
 */
export async function measureRouting(ms: number, onRow: (row: RoutingRow) => void): Promise<RoutingRow[]> {
  const rows: RoutingRow[] = [];
  const servers = await Promise.all(SIDES.map(startServer));
  for (const load of LOADS) {
    const able = servers.filter(({ side }) => load !== "POST in a session" || !side.startsWith("plain"));
    const parts = new Map<Side, RoutingRow[]>(able.map(({ side }) => [side, []]));
    for (const { url } of able) await generate({ load, url, ms: ms / ROUNDS / 2 }); // warm
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const server of able) parts.get(server.side)?.push(await measureOne(server, load, ms / ROUNDS));
    }
    for (const side of parts.values()) {
      const row = merged(side);
      rows.push(row);
      onRow(row);
    }
  }
  await Promise.all(servers.map(({ child }) => end(child)));
  return rows;
}

interface Server extends Serving {
  readonly side: Side;
  readonly child: ChildProcess;
}

async function startServer(side: Side): Promise<Server> {
  const child = fork(SERVER, [side]);
  const [serving] = (await once(child, "message")) as [Serving];
  return { side, child, ...serving };
}

async function measureOne({ side, url, pids }: Server, load: Load, ms: number): Promise<RoutingRow> {
  const before = pids.map(cpuTicks);
  const result = await generate({ load, url, ms });
  const [primary = 0, ...workers] = pids.map((pid, index) => cpuTicks(pid) - (before[index] ?? 0));
  const perUnit = (ticks: number) => (ticks * TICK_US) / result.done;
  const workersCpuUs = perUnit(workers.reduce((sum, ticks) => sum + ticks, 0));
  return { side, load, ...result, primaryCpuUs: perUnit(primary), workersCpuUs };
}

/** One row of several turns: sums of what was done, means by unit of what it cost, the median of the rest. */
function merged(turns: readonly RoutingRow[]): RoutingRow {
  const [first] = turns;
  if (first === undefined) throw new Error("nothing was measured");
  const done = turns.reduce((sum, turn) => sum + turn.done, 0);
  const mean = (of: (turn: RoutingRow) => number) =>
    turns.reduce((sum, turn) => sum + of(turn) * turn.done, 0) / done;
  const median = (of: (turn: RoutingRow) => number) => percentile(turns.map(of), 0.5);
  return {
    ...first,
    done,
    failed: turns.reduce((sum, turn) => sum + turn.failed, 0),
    perSecond: median((turn) => turn.perSecond),
    p99Ms: median((turn) => turn.p99Ms),
    unevenness: median((turn) => turn.unevenness),
    primaryCpuUs: mean((turn) => turn.primaryCpuUs),
    workersCpuUs: mean((turn) => turn.workersCpuUs),
  };
}

async function generate(order: { load: Load; url: string; ms: number }): Promise<LoadResult> {
  const generator = fork(GENERATOR, { serialization: "advanced" });
  generator.send(order);
  const [result] = (await once(generator, "message")) as [LoadResult];
  await end(generator);
  return result;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
}

/** User and system time so far; proc(5): the 14th and 15th field, of which the first two are before the last parenthesis. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** A row as a line of a table. */
export function rendered(row: RoutingRow): string {
  const cell = (value: number, width: number, digits = 0) =>
    (Number.isFinite(value) ? value.toFixed(digits) : "-").padStart(width);
  return [
    row.load.padEnd(20),
    row.side.padEnd(18),
    cell(row.perSecond, 8),
    cell(row.p99Ms, 9, 1),
    cell(row.primaryCpuUs, 9),
    cell(row.workersCpuUs, 9),
    cell(row.unevenness, 8, 2),
    cell(row.failed, 7),
  ].join(" ");
}

/** The table's head. */
export const ROUTING_HEADER =
  "load                 routing                 /s    p99 ms  primary  workers  max/min  failed   (CPU in µs per unit)";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${ROUTING_HEADER}\n`);
  const ms = Number(process.argv[2] ?? 5000);
  await measureRouting(ms, (row) => process.stdout.write(`${rendered(row)}\n`));
}
