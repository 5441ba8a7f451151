import { setTimeout as pause } from "node:timers/promises";
import type { FloodKind } from "../load/attacks.js";
import type { FloodResult } from "../load/flood.js";
import type { Load } from "../load/load.js";
import type { VictimResult } from "../load/victims.js";
import { cpuSeconds } from "../processes.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { type Server, shoal } from "../servers/servers.js";
import { floodReport } from "./flood-report.js";
import { ratioOf } from "./flood-sums.js";
import { nanosPerTake } from "./price-of-a-limit.js";
import type { Row, RowContext } from "./row.js";
import { fixed } from "./sums.js";

/** As in production; the benchmark's servers have none otherwise. */
const LIMITS = {
  RATE_IP_HANDSHAKES: "10,50",
  RATE_IP_REQUESTS: "100,200",
  RATE_USER_EVENTS: "50,100",
  RATE_ROOM_PUBLISH: "1000,2000",
  MAX_CONNECTIONS_PER_USER: "20",
};
/** The same, and next to nothing that is let in: the attacker has as much to do there, and the stores have nothing. */
const DECOY_LIMITS = { ...LIMITS, RATE_IP_REQUESTS: "1,1", RATE_USER_EVENTS: "1,1" };
const VICTIMS = { users: 10, asksPerSecond: 200, asksPerMessage: 4 };
/** Until a flood is in full swing. */
const ONSET_MS = 700;
/** For what is left of it, and for places at the door. */
const REST_MS = 700;

/** What is measured: nobody attacks, somebody attacks another server, somebody attacks this one. */
export const PHASES = ["alone", "elsewhere", "attacked"] as const;
export type Phase = (typeof PHASES)[number];

/** What a phase has shown. */
export interface Seen {
  readonly victims: VictimResult;
  /** Part of a core that the server has used. */
  readonly core: number;
}

interface Side {
  readonly name: "limits" | "no limits";
  readonly server: Server;
  readonly rounds: number;
}

/** One kind of flood against one side. The phases of a round are next to each other. */
export interface Point {
  readonly kind: FloodKind;
  readonly side: Side["name"];
  readonly rounds: readonly Readonly<Record<Phase, Seen>>[];
  readonly floods: readonly FloodResult[];
}

/** What one user who sends as much as he can does to others, with limits and without. */
export const flood: Row = {
  name: "flood",
  async run(context) {
    const machine = await startMachine(context.setup);
    // With stores of its own, so that nothing of what is done there comes to those who are measured.
    const elsewhere = await startMachine(context.setup);
    try {
      const sides: Side[] = [
        {
          name: "limits",
          server: await shoal.start(machine, { env: LIMITS }),
          rounds: context.short ? 3 : 5,
        },
        { name: "no limits", server: await shoal.start(machine), rounds: 1 },
      ];
      const decoy = await shoal.start(elsewhere, { env: DECOY_LIMITS, cores: "load", niceness: 19 });
      const victims = await machine.load();
      const points: Point[] = [];
      for (const kind of context.floods)
        for (const side of sides)
          points.push(await measure(context, machine, { victims, side, decoy, kind }));
      return floodReport(points, nanosPerTake(), VICTIMS);
    } finally {
      await elsewhere.stop();
      await machine.stop();
    }
  },
};

interface Battle {
  readonly victims: Load;
  readonly side: Side;
  readonly decoy: Server;
  readonly kind: FloodKind;
}

async function measure(context: RowContext, machine: Machine, battle: Battle): Promise<Point> {
  const { victims, side, decoy, kind } = battle;
  // Of what is stored there are 50 a second, so that the p99 of six seconds is not its worst one.
  const measureMs = context.short ? 2000 : 6000;
  const floods: FloodResult[] = [];

  async function see(): Promise<Seen> {
    const pids = side.server.pids();
    const [begunMs, begunCpu] = [performance.now(), cpuSeconds(pids)];
    const seen = await victims.do("victims", { url: side.server.url, ...VICTIMS, measureMs });
    return {
      victims: seen,
      core: (1000 * (cpuSeconds(pids) - begunCpu)) / (performance.now() - begunMs),
    };
  }

  /** The attacker has a process of its own: what it is busy with is not waited for by those who are measured. */
  async function seeUnder(url: string): Promise<[Seen, FloodResult]> {
    const attacker = await machine.load();
    await attacker.do("flood", { url, kind });
    await pause(ONSET_MS);
    const seen = await see();
    const result = await attacker.do("endFlood", null);
    await attacker.stop();
    await pause(REST_MS);
    return [seen, result];
  }

  const rounds: Record<Phase, Seen>[] = [];
  await see(); // warms up
  for (let round = 0; round < side.rounds; round += 1) {
    const seen: Partial<Record<Phase, Seen>> = {};
    for (const phase of round % 2 === 0 ? PHASES : PHASES.toReversed()) {
      if (phase === "alone") seen[phase] = await see();
      else if (phase === "elsewhere") [seen[phase]] = await seeUnder(decoy.url);
      else {
        const [one, result] = await seeUnder(side.server.url);
        seen[phase] = one;
        floods.push(result);
      }
    }
    rounds.push(seen as Record<Phase, Seen>);
  }
  const point = { kind, side: side.name, rounds, floods };
  const [answers, stored] = (["answersMs", "storedMs"] as const).map((what) =>
    fixed(ratioOf(point, what), 2),
  );
  context.say(
    `flood, ${kind}, ${side.name}: p99 of others ${answers} times, of what is stored ${stored} times`,
  );
  return point;
}
