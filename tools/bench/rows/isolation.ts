import { setTimeout as pause } from "node:timers/promises";
import { cpuSeconds } from "../processes.js";
import { startMachine } from "../servers/machine.js";
import { type Server, shoal, shoalNode } from "../servers/servers.js";
import type { Row, RowContext, RowReport } from "./row.js";
import { fixed } from "./sums.js";

const ADAPTERS = ["sharded", "pubsub"] as const;
const RATE = 3000;
/** Growth of the cost of one message per further instance that counts as none, in microseconds of CPU time. */
const FLAT_MICROS = 3;

type AdapterName = (typeof ADAPTERS)[number];

interface Point {
  readonly adapter: AdapterName;
  readonly instances: number;
  /** CPU time of all instances without a member, per message, beyond what they use without messages. */
  readonly idleMicros: number;
  /** CPU time of the instance with the room's one member, likewise. */
  readonly memberMicros: number;
}

/** What a message costs the instances that have no member of its room. */
export const isolation: Row = {
  name: "isolation",
  async run(context) {
    const points: Point[] = [];
    for (const adapter of ADAPTERS) points.push(...(await measureAdapter(context, adapter)));
    return report(points);
  },
};

async function measureAdapter({ setup, short, say }: RowContext, adapter: AdapterName): Promise<Point[]> {
  const machine = await startMachine(setup);
  try {
    const points: Point[] = [];
    const servers: Server[] = [];
    const grow = async () =>
      void servers.push(await shoal.start(machine, { env: { REDIS_ADAPTER: adapter } }));
    await grow();
    const load = await machine.load();
    await load.do("publisher", shoalNode(machine, adapter));
    await load.do("open", shoal.audience(servers[0]?.url ?? "", 1));
    for (const instances of short ? [2, 4] : [2, 4, 8]) {
      while (servers.length < instances) await grow();
      await pause(2500); // what a start leaves to do
      const measureMs = short ? 3000 : 5000;
      const begun = cpuByServer(servers);
      await pause(measureMs);
      const rested = cpuByServer(servers);
      const measured = { rate: RATE, limit: 1000, warmMs: 0, measureMs, pids: [] };
      const { messages } = await load.do("measure", measured);
      const ended = cpuByServer(servers);
      await pause(measureMs);
      const restedAgain = cpuByServer(servers);
      const costs = servers.map((_, index) => {
        const at = [begun, rested, ended, restedAgain].map((all) => all[index] ?? Number.NaN);
        const [first = 0, second = 0, third = 0, fourth = 0] = at;
        // The rest before and after: a server that was just started has less and less to do.
        const resting = (second - first + (fourth - third)) / 2;
        return (1e6 * (third - second - resting)) / messages;
      });
      const idleMicros = costs.slice(1).reduce((sum, micros) => sum + micros, 0);
      points.push({ adapter, instances, idleMicros, memberMicros: costs[0] ?? Number.NaN });
      say(
        `isolation, ${adapter}: ${instances} instances, ${fixed(idleMicros, 1)} µs per message in those without members`,
      );
    }
    return points;
  } finally {
    await machine.stop();
  }
}

function cpuByServer(servers: readonly Server[]): number[] {
  return servers.map((server) => cpuSeconds(server.pids()));
}

function report(points: readonly Point[]): RowReport {
  const growth = (adapter: AdapterName) => {
    const own = points.filter((point) => point.adapter === adapter);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined) return Number.NaN;
    return (last.idleMicros - first.idleMicros) / (last.instances - first.instances);
  };
  return {
    name: "isolation",
    title: "Cost of a message for instances with no member of its room",
    columns: ["adapter", "instances", "CPU µs/message, all without members", "the one with a member"],
    lines: points.map(({ adapter, instances, idleMicros, memberMicros }) => [
      adapter,
      String(instances),
      fixed(idleMicros, 1),
      fixed(memberMicros, 1),
    ]),
    verdicts: [
      { what: "sharded: µs per message and further instance", value: growth("sharded"), most: FLAT_MICROS },
      { what: "pubsub: µs per message and further instance", value: growth("pubsub") },
    ],
    charts: [
      {
        title: "CPU time per message in instances without members",
        unit: "µs",
        groups: [...new Set(points.map(({ instances }) => instances))].map((instances) => ({
          label: `${instances} instances`,
          bars: points
            .filter((point) => point.instances === instances)
            .map(({ adapter, idleMicros }) => ({ side: adapter, value: Math.max(0, idleMicros) })),
        })),
      },
    ],
    notes: [
      "Beyond what the same instances use in the same time without messages; a hundredth of a second is the finest step.",
    ],
  };
}
