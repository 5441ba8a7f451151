import { VARIABLES } from "../../../src/engine/config/variables.js";
import type { HandshakeResult } from "../load/handshakes.js";
import type { HttpResult } from "../load/http-requests.js";
import type { Load } from "../load/load.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { type Server, shoal, startPlainHttp, startUnrouted, stock } from "../servers/servers.js";
import type { Row, RowContext, RowReport, Verdict } from "./row.js";
import { fixed, median } from "./sums.js";

const WORKERS = 2;

interface Side {
  readonly name: string;
  readonly server: Server;
}

interface Found {
  readonly handshakes: Map<string, HandshakeResult[]>;
  readonly GET: Map<string, HttpResult[]>;
  readonly POST: Map<string, HttpResult[]>;
}

/** What comes in: handshakes and plain HTTP on the shared port, two workers on all cores. */
export const ingress: Row = {
  name: "ingress",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const [socketSides, httpSides] = await startSides(machine);
      const load = await machine.load();
      const found: Found = { handshakes: new Map(), GET: new Map(), POST: new Map() };
      for (let round = 0; round < (context.short ? 1 : 3); round += 1) {
        for (const side of socketSides)
          add(found.handshakes, side.name, await handshakes(context, load, side, round));
        for (const method of ["GET", "POST"] as const) {
          for (const side of httpSides)
            add(found[method], side.name, await requests(context, load, side, method, round));
        }
      }
      return report(found);
    } finally {
      await machine.stop();
    }
  },
};

/** Shoal once for every way of routing that it has. */
async function startSides(machine: Machine): Promise<[Side[], Side[]]> {
  const options = { workers: WORKERS, cores: "all" } as const;
  const ways = "ROUTING" in VARIABLES ? ["forward", "sticky"] : [undefined];
  const own: Side[] = [];
  for (const way of ways) {
    const env = way === undefined ? {} : { ROUTING: way };
    const name = way === undefined || way === "forward" ? "shoal" : `shoal, ${way}`;
    own.push({ name, server: await shoal.start(machine, { ...options, env }) });
  }
  const sticky = { name: "stock sticky", server: await stock.start(machine, options) };
  const unrouted = { name: "stock, unrouted", server: await startUnrouted(machine, WORKERS) };
  const plain = { name: "plain cluster", server: await startPlainHttp(machine, WORKERS) };
  return [
    [sticky, ...own, unrouted],
    [plain, ...own, sticky],
  ];
}

async function handshakes({ short, say }: RowContext, load: Load, { name, server }: Side, round: number) {
  const spec = { url: server.url, atATime: 100, pids: server.pids() };
  // Cold code takes twice the time, and each side has another amount of it; V8 forgets some while HTTP has its turn.
  const warm = round === 0 ? 8000 : 3000;
  await load.do("handshakes", { ...spec, connections: short ? 2000 : warm });
  const result = await load.do("handshakes", { ...spec, connections: short ? 1500 : 8000 });
  say(`ingress: ${name} ${fixed(result.perSecond, 0)} handshakes/s`);
  return result;
}

async function requests(
  { short, say }: RowContext,
  load: Load,
  { name, server }: Side,
  method: "GET" | "POST",
  round: number,
) {
  const warmMs = round === 0 ? (short ? 2000 : 6000) : 700;
  const time = { warmMs, measureMs: short ? 1500 : 3000 };
  const result = await load.do("http", {
    url: server.url,
    method,
    connections: 64,
    ...time,
    pids: server.pids(),
  });
  say(`ingress: ${name} ${fixed(result.perSecond, 0)} ${method}/s, p99 ${fixed(result.p99Ms, 1)} ms`);
  return result;
}

function report(found: Found): RowReport {
  const shake = [...found.handshakes].map(([name, all]) => [
    "handshake",
    name,
    fixed(median(all.map((one) => one.perSecond)), 0),
    fixed(median(all.map((one) => (1e6 * one.cpuSeconds) / sum(one.byWorker))), 0),
    fixed(median(all.map((one) => one.p99Ms)), 1),
    fixed(median(all.map(unevenness)), 2),
    String(all.reduce((failed, one) => failed + one.failed, 0)),
  ]);
  const http = (["GET", "POST"] as const).flatMap((method) =>
    [...found[method]].map(([name, all]) => [
      method,
      name,
      fixed(median(all.map((one) => one.perSecond)), 0),
      fixed(median(all.map((one) => (1e6 * one.cpuSeconds) / (one.perSecond * one.seconds))), 0),
      fixed(median(all.map((one) => one.p99Ms)), 1),
      fixed(median(all.map(busiestShare)), 2),
      String(all.reduce((failed, one) => failed + one.failed, 0)),
    ]),
  );
  return {
    name: "ingress",
    title: `Coming in: ${WORKERS} workers, load on the same cores`,
    columns: ["what", "side", "per second", "CPU µs each", "p99 ms", "max/min of workers", "failed"],
    lines: [...shake, ...http],
    verdicts: verdicts(found),
    charts: [
      {
        title: "Per second",
        unit: "/s",
        groups: (["handshakes", "GET", "POST"] as const).map((label) => ({
          label,
          bars: [...found[label]].map(([side, all]) => ({
            side,
            value: median(all.map((one: HandshakeResult | HttpResult) => one.perSecond)),
          })),
        })),
      },
    ],
    notes: [
      "64 kept-alive HTTP connections; 100 handshakes at a time, each up to Socket.IO's connect packet.",
      "stock, unrouted: only for clients that use nothing but WebSocket; the least that a handshake costs with Socket.IO.",
    ],
  };
}

function verdicts(found: Found): Verdict[] {
  const per = (all: readonly (HandshakeResult | HttpResult)[] = []) =>
    median(all.map((one) => one.perSecond));
  const p99 = (all: readonly HttpResult[] = []) => median(all.map((one) => one.p99Ms));
  const cpu = (all: readonly HandshakeResult[] = []) =>
    median(all.map((one) => one.cpuSeconds / sum(one.byWorker)));
  const own = found.handshakes.get("shoal") ?? [];
  return [
    {
      what: "handshakes/s, of stock sticky",
      value: per(own) / per(found.handshakes.get("stock sticky")),
      least: 2,
    },
    {
      what: "CPU per handshake, of stock sticky",
      value: cpu(own) / cpu(found.handshakes.get("stock sticky")),
    },
    {
      what: "CPU per handshake, stock unrouted, of stock sticky",
      value: cpu(found.handshakes.get("stock, unrouted")) / cpu(found.handshakes.get("stock sticky")),
    },
    { what: "handshakes that failed", value: own.reduce((all, one) => all + one.failed, 0), most: 0 },
    { what: "connections by worker, max/min", value: median(own.map(unevenness)), most: 1.3 },
    ...(["GET", "POST"] as const).flatMap((method) => {
      const [mine, plain] = [found[method].get("shoal"), found[method].get("plain cluster")];
      return [
        { what: `${method}/s, of a plain cluster`, value: per(mine) / per(plain), least: 0.8 },
        { what: `${method} p99, of a plain cluster`, value: p99(mine) / p99(plain), most: 3 },
        {
          what: `${method}: CPU of workers, max/min`,
          value: median((mine ?? []).map(busiestShare)),
          most: 1.3,
        },
      ];
    }),
  ];
}

function add<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  map.set(name, [...(map.get(name) ?? []), value]);
}

function sum(byWorker: HandshakeResult["byWorker"]): number {
  return Object.values(byWorker).reduce((all, one) => all + one, 0);
}

/** A worker that got nothing is not in the list: then it is as uneven as can be. */
function unevenness({ byWorker }: HandshakeResult): number {
  const counts = Object.values(byWorker);
  return counts.length < WORKERS ? Number.POSITIVE_INFINITY : Math.max(...counts) / Math.min(...counts);
}

/** Of the two busiest processes: the workers, as a primary that hands over connections has less to do. */
function busiestShare({ cpuByPid }: HttpResult): number {
  const [first = 0, second = 0] = Object.values(cpuByPid).sort((a, b) => b - a);
  return first / second;
}
