import type { RunResult } from "../load/run.js";
import { startMachine } from "../servers/machine.js";
import { type PeerName, peersOf, plainWs } from "../servers/servers.js";
import { drive, openSide, type Side } from "./crowd.js";
import type { Row, RowContext, RowReport, Verdict } from "./row.js";
import { fixed, type Total, thousands, total } from "./sums.js";

const MEMBERS = 500;
const LEVELS = [
  { label: "100 k/s", deliveries: 100_000, most: 0.8 },
  { label: "500 k/s", deliveries: 500_000, most: 0.45 },
  { label: "saturation", deliveries: 0, most: 0.2 },
] as const;

type Level = (typeof LEVELS)[number];
type Totals = ReadonlyMap<Level, ReadonlyMap<PeerName, Total>>;

/** One room of 500 WebSocket clients, 100-byte bodies that arrive through Redis. */
export const fanOut: Row = {
  name: "fanout",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const peers = peersOf(machine).filter((peer) => !context.short || peer !== plainWs);
      const sides: (Side & { readonly name: PeerName })[] = [];
      for (const peer of peers) sides.push(await openSide(machine, peer, MEMBERS));
      for (const side of sides) await drive(side, { rate: 400, warmMs: 500, measureMs: 500 });
      const totals = new Map<Level, Map<PeerName, Total>>();
      for (const level of LEVELS) totals.set(level, await measureLevel(context, level, sides));
      return report(totals);
    } finally {
      await machine.stop();
    }
  },
};

async function measureLevel(
  { short, say }: RowContext,
  level: Level,
  sides: readonly (Side & { readonly name: PeerName })[],
): Promise<Map<PeerName, Total>> {
  const rounds = new Map<PeerName, RunResult[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < (short ? 1 : 3); round += 1) {
    for (const side of sides) {
      const pace = { rate: level.deliveries / MEMBERS, warmMs: 700, measureMs: short ? 1500 : 2500 };
      const result = await drive(side, pace);
      rounds.get(side.name)?.push(result);
      const { cpuMicros, perSecond } = total([result]);
      say(`fanout, ${level.label}: ${side.name} ${fixed(cpuMicros, 2)} µs, ${thousands(perSecond)}/s`);
    }
  }
  return new Map([...rounds].map(([name, results]) => [name, total(results)] as const));
}

function report(totals: Totals): RowReport {
  const lines = [...totals].flatMap(([{ label }, sides]) =>
    [...sides].map(([name, one]) => [
      label,
      name,
      fixed(one.cpuMicros, 2),
      thousands(one.perSecond),
      `${fixed(100 * one.load, 0)} %`,
      fixed(one.p50Ms, 1),
      fixed(one.p99Ms, 1),
      String(one.lost),
    ]),
  );
  const groups = (pick: (one: Total) => number) =>
    [...totals].map(([{ label }, sides]) => ({
      label,
      bars: [...sides].map(([side, one]) => ({ side, value: pick(one) })),
    }));
  return {
    name: "fanout",
    title: `Fan-out: one room of ${MEMBERS} WebSocket clients, 100-byte bodies through Redis`,
    columns: ["offered", "side", "CPU µs/delivery", "deliveries/s", "core", "p50 ms", "p99 ms", "lost"],
    lines,
    verdicts: verdicts(totals),
    charts: [
      { title: "CPU time per delivery", unit: "µs", groups: groups((one) => one.cpuMicros) },
      { title: "Deliveries per second", unit: "/s", groups: groups((one) => one.perSecond) },
    ],
    notes: [
      "At most 500 messages are under way at a time: a server that cannot keep up with what is offered is driven at its own pace.",
      ...([...totals.values()].some((sides) => sides.has("nchan"))
        ? []
        : ["nchan is not installed (Debian: libnginx-mod-nchan)"]),
    ],
  };
}

function verdicts(totals: Totals): Verdict[] {
  return [...totals].flatMap(([{ label, deliveries, most }, sides]) => {
    const [shoal, stock, nchan] = (["shoal", "stock", "nchan"] as const).map((name) => sides.get(name));
    if (shoal === undefined || stock === undefined) return [];
    const found: Verdict[] = [
      { what: `${label}: CPU per delivery, of stock`, value: shoal.cpuMicros / stock.cpuMicros, most },
    ];
    const other = sides.get("other build");
    if (other !== undefined)
      found.push({
        what: `${label}: CPU per delivery, of the other build`,
        value: shoal.cpuMicros / other.cpuMicros,
      });
    if (nchan !== undefined && deliveries !== 100_000)
      found.push({
        what: `${label}: CPU per delivery, of nchan`,
        value: shoal.cpuMicros / nchan.cpuMicros,
        most: 1,
      });
    if (deliveries === 0)
      found.push({
        what: "saturation: throughput, of stock",
        value: shoal.perSecond / stock.perSecond,
        least: 4,
      });
    return found;
  });
}
