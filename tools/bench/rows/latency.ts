import type { Load } from "../load/load.js";
import type { RunResult } from "../load/run.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { otherBuilds, type Peer, type Server, shoal, stock } from "../servers/servers.js";
import { drive, openSide } from "./crowd.js";
import type { Row, RowContext, RowReport } from "./row.js";
import { fixed, median, thousands } from "./sums.js";

const MEMBERS = 500;
const SHARES = [0.2, 0.6];

interface Side {
  readonly name: string;
  readonly server: Server;
  readonly load: Load;
}

/** From a client's publish on one instance to the delivery on another, at shares of what stock can deliver at most. */
export const latency: Row = {
  name: "latency",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const most = await saturation(machine, context);
      const sides: Side[] = [];
      for (const peer of [stock, shoal, ...otherBuilds(machine)]) sides.push(await openPair(machine, peer));
      for (const side of sides) await drive(side, { rate: 100, warmMs: 500, measureMs: 500 });
      const found = new Map<number, Map<string, RunResult[]>>();
      for (const share of SHARES) found.set(share, await measureShare(context, share, most, sides));
      return report(found, most);
    } finally {
      await machine.stop();
    }
  },
};

/** Messages per second that stock can deliver to such a room with a core of its own, whoever else uses it now. */
async function saturation(machine: Machine, { say }: RowContext): Promise<number> {
  const side = await openSide(machine, stock, MEMBERS);
  await drive(side, { rate: 0, warmMs: 500, measureMs: 500 });
  const result = await drive(side, { rate: 0, warmMs: 500, measureMs: 1500 });
  await side.load.stop();
  await side.server.stop();
  const deliveriesPerSecond = result.allDeliveries / result.cpuSeconds;
  say(`latency: stock can deliver ${thousands(deliveriesPerSecond)}/s`);
  return deliveriesPerSecond / MEMBERS;
}

/** Two instances: the clients are on one, the publisher on the other. */
async function openPair(machine: Machine, peer: Peer): Promise<Side> {
  const server = await peer.start(machine);
  const other = await peer.start(machine, { cores: "load" });
  const load = await machine.load();
  await load.do("publisher", { kind: "client", url: other.url, room: "bench", durable: false });
  await load.do("open", peer.audience(server.url, MEMBERS));
  return { name: peer.name, server, load };
}

async function measureShare(
  { short, say }: RowContext,
  share: number,
  most: number,
  sides: readonly Side[],
): Promise<Map<string, RunResult[]>> {
  const rounds = new Map<string, RunResult[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < (short ? 2 : 9); round += 1) {
    for (const side of sides) {
      const pace = { rate: Math.round(share * most), warmMs: 500, measureMs: short ? 1500 : 2500 };
      const result = await drive(side, pace);
      rounds.get(side.name)?.push(result);
      say(
        `latency at ${100 * share} %: ${side.name} p50 ${fixed(result.p50Ms, 1)} ms, p99 ${fixed(result.p99Ms, 1)} ms`,
      );
    }
  }
  return rounds;
}

function report(
  found: ReadonlyMap<number, ReadonlyMap<string, readonly RunResult[]>>,
  most: number,
): RowReport {
  const entries = [...found].map(([share, sides]) => {
    const of = (name: string, pick: (one: RunResult) => number) => median((sides.get(name) ?? []).map(pick));
    return { label: `${100 * share} %`, sides: [...sides.keys()], of };
  });
  return {
    name: "latency",
    title: `Latency from publish on one instance to delivery on another, ${MEMBERS} members`,
    columns: ["of saturation", "side", "p50 ms", "p90 ms", "p99 ms"],
    lines: entries.flatMap(({ label, sides, of }) =>
      sides.map((name) => [
        label,
        name,
        fixed(
          of(name, (one) => one.p50Ms),
          2,
        ),
        fixed(
          of(name, (one) => one.p90Ms),
          2,
        ),
        fixed(
          of(name, (one) => one.p99Ms),
          2,
        ),
      ]),
    ),
    verdicts: entries.map(({ label, of }) => ({
      what: `${label}: p99, of stock`,
      value: of("shoal", (one) => one.p99Ms) / of("stock", (one) => one.p99Ms),
      most: 1,
    })),
    charts: (["p50Ms", "p99Ms"] as const).map((name) => ({
      title: `Latency, ${name.slice(0, 3)}`,
      unit: "ms",
      groups: entries.map(({ label, sides, of }) => ({
        label,
        bars: sides.map((side) => ({ side, value: of(side, (one) => one[name]) })),
      })),
    })),
    notes: [
      `Medians of the rounds. Saturation is one core's worth of stock's work in this run: ${thousands(most * MEMBERS)} deliveries/s.`,
    ],
  };
}
