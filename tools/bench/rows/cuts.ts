import type { CutsResult, Way } from "../load/cuts.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { type Server, shoal, startRecovering, stock } from "../servers/servers.js";
import type { Row, RowContext, RowReport } from "./row.js";
import { fixed } from "./sums.js";

const WORKERS = 2;
const READERS = 20;
const RATE = 20;
/** Time without a connection, and time from the beginning of one to that of the next. */
const CUT_MS = 2000;
const EVERY_MS = 8000;

interface Side {
  readonly name: string;
  readonly server: Server;
  readonly way: Way;
}

/** What arrives of what was published, while every reader loses his connection for two seconds now and then. */
export const cuts: Row = {
  name: "cuts",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const found = new Map<string, CutsResult>();
      for (const side of await startSides(machine))
        found.set(side.name, await measure(context, machine, side));
      return report(found);
    } finally {
      await machine.stop();
    }
  },
};

async function startSides(machine: Machine): Promise<Side[]> {
  const options = { workers: WORKERS, cores: "all" } as const;
  const own = await shoal.start(machine, options);
  return [
    { name: "stock", server: await stock.start(machine, options), way: "relay" },
    { name: "stock, recovery", server: await startRecovering(machine, WORKERS), way: "relay" },
    { name: "shoal, relay", server: own, way: "relay" },
    { name: "shoal, durable room", server: own, way: "durable room" },
  ];
}

async function measure({ short, say }: RowContext, machine: Machine, side: Side): Promise<CutsResult> {
  const load = await machine.load();
  const result = await load.do("cuts", {
    url: side.server.url,
    room: "cuts",
    way: side.way,
    readers: READERS,
    rate: RATE,
    forMs: short ? EVERY_MS : 5 * EVERY_MS,
    cutMs: CUT_MS,
    everyMs: EVERY_MS,
  });
  await load.stop();
  say(`cuts: ${side.name} ${fixed(share(result), 1)} % of ${result.expected}, ${result.cuts} cuts`);
  return result;
}

function share({ delivered, expected }: CutsResult): number {
  return (100 * delivered) / expected;
}

function report(found: ReadonlyMap<string, CutsResult>): RowReport {
  const own = found.get("shoal, durable room");
  return {
    name: "cuts",
    title: `Delivered of published: ${READERS} readers, each cut off for ${CUT_MS / 1000} s of every ${EVERY_MS / 1000} s`,
    columns: ["side", "delivered %", "lost", "repeated", "reordered", "cuts"],
    lines: [...found].map(([name, result]) => [
      name,
      fixed(share(result), 2),
      fixed(result.expected - result.delivered, 0),
      fixed(result.repeated, 0),
      fixed(result.reordered, 0),
      fixed(result.cuts, 0),
    ]),
    verdicts: [
      {
        what: "durable room: lost",
        value: own === undefined ? Number.NaN : own.expected - own.delivered,
        most: 0,
      },
      { what: "durable room: repeated", value: own?.repeated ?? Number.NaN, most: 0 },
      { what: "durable room: reordered", value: own?.reordered ?? Number.NaN, most: 0 },
    ],
    charts: [
      {
        title: "Delivered of published",
        unit: "%",
        groups: [
          { label: "cuts", bars: [...found].map(([side, result]) => ({ side, value: share(result) })) },
        ],
      },
    ],
    notes: [
      "Clients are socket.io-client with its back-off as it is by default. Where there is no log, a client misses what is published until it is back.",
    ],
  };
}
