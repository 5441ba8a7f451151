import type { RunResult } from "../load/run.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { type Server, shoal } from "../servers/servers.js";
import { drive, openSide, type Side } from "./crowd.js";
import type { Row, RowContext, RowReport } from "./row.js";
import { fixed, type Total, thousands, total } from "./sums.js";

const MEMBERS = 500;
const LEVELS = [100_000, 500_000];
const ROOM = "durable-bench";

/** The same fan-out through the relay and through a durable room, on one server; a second instance publishes. */
export const durable: Row = {
  name: "durable",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const relay = await openSide(machine, shoal, MEMBERS);
      const feeder = await shoal.start(machine, { cores: "load" });
      const sides = [{ ...relay, name: "relay" }, await openDurable(machine, relay.server, feeder)];
      for (const side of sides) await drive(side, { rate: 400, warmMs: 500, measureMs: 500 });
      const totals = new Map<number, Map<string, Total>>();
      for (const level of LEVELS) totals.set(level, await measureLevel(context, level, sides));
      return report(totals);
    } finally {
      await machine.stop();
    }
  },
};

async function openDurable(machine: Machine, server: Server, feeder: Server): Promise<Side> {
  const load = await machine.load();
  await load.do("publisher", { kind: "client", url: feeder.url, room: ROOM, durable: true });
  const join = { event: "subscribe", payload: { room: ROOM } };
  await load.do("open", { url: server.url, protocol: "socket.io", connections: MEMBERS, join });
  return { name: "durable room", server, load };
}

async function measureLevel({ short, say }: RowContext, level: number, sides: readonly Side[]) {
  const rounds = new Map<string, RunResult[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < (short ? 1 : 3); round += 1) {
    for (const side of sides) {
      const pace = { rate: level / MEMBERS, warmMs: 700, measureMs: short ? 1500 : 2500 };
      const result = await drive(side, pace);
      rounds.get(side.name)?.push(result);
      const { cpuMicros, perSecond } = total([result]);
      say(
        `durable, ${thousands(level)}/s: ${side.name} ${fixed(cpuMicros, 2)} µs, ${thousands(perSecond)}/s`,
      );
    }
  }
  return new Map([...rounds].map(([name, results]) => [name, total(results)] as const));
}

function report(totals: ReadonlyMap<number, ReadonlyMap<string, Total>>): RowReport {
  const entries = [...totals].map(([level, sides]) => ({ label: `${level / 1000} k/s`, sides }));
  return {
    name: "durable",
    title: `Durable rooms: ${MEMBERS} WebSocket clients, messages stored by another instance`,
    columns: ["offered", "side", "CPU µs/delivery", "deliveries/s", "p50 ms", "p99 ms", "lost"],
    lines: entries.flatMap(({ label, sides }) =>
      [...sides].map(([name, one]) => [
        label,
        name,
        fixed(one.cpuMicros, 2),
        thousands(one.perSecond),
        fixed(one.p50Ms, 1),
        fixed(one.p99Ms, 1),
        String(one.lost),
      ]),
    ),
    verdicts: entries.map(({ label, sides }) => ({
      what: `${label}: CPU per delivery, of the relay`,
      value:
        (sides.get("durable room")?.cpuMicros ?? Number.NaN) / (sides.get("relay")?.cpuMicros ?? Number.NaN),
      most: 1,
    })),
    charts: [
      {
        title: "CPU time per delivery",
        unit: "µs",
        groups: entries.map(({ label, sides }) => ({
          label,
          bars: [...sides].map(([side, { cpuMicros }]) => ({ side, value: cpuMicros })),
        })),
      },
    ],
    notes: ["Only the delivering server's CPU time counts, on both sides."],
  };
}
