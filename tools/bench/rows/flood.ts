import { setTimeout as pause } from "node:timers/promises";
import { createRateBuckets } from "../../../src/engine/trust/limits/rate-buckets.js";
import { FLOODS, type FloodKind, type FloodResult } from "../load/flood.js";
import type { Load } from "../load/load.js";
import type { VictimResult } from "../load/victims.js";
import { type Machine, startMachine } from "../servers/machine.js";
import { type Server, shoal } from "../servers/servers.js";
import type { Row, RowContext, RowReport } from "./row.js";
import { fixed, median } from "./sums.js";

/** How much an attacker may add to what others wait for, as a factor of their p99. */
const MOST_RATIO = 2;
const USERS = 10;
const EVERY_MS = 50;
/** As in production; the benchmark's servers have none otherwise. */
const LIMITS = {
  RATE_IP_HANDSHAKES: "10,50",
  RATE_IP_REQUESTS: "100,200",
  RATE_USER_EVENTS: "50,100",
  RATE_ROOM_PUBLISH: "1000,2000",
  MAX_CONNECTIONS_PER_USER: "20",
};

interface Side {
  readonly name: "limits" | "no limits";
  readonly server: Server;
}

interface Point {
  readonly kind: FloodKind;
  readonly side: Side["name"];
  readonly alone: readonly VictimResult[];
  readonly attacked: readonly VictimResult[];
  readonly floods: readonly FloodResult[];
}

/** What one user who sends as much as he can does to others, with limits and without. */
export const flood: Row = {
  name: "flood",
  async run(context) {
    const machine = await startMachine(context.setup);
    try {
      const sides: Side[] = [
        { name: "limits", server: await shoal.start(machine, { env: LIMITS }) },
        { name: "no limits", server: await shoal.start(machine) },
      ];
      const victims = await machine.load();
      const points: Point[] = [];
      for (const kind of FLOODS)
        for (const side of sides) points.push(await measure(context, machine, victims, side, kind));
      return report(points, nanosPerTake());
    } finally {
      await machine.stop();
    }
  },
};

async function measure(
  { short, say }: RowContext,
  machine: Machine,
  victims: Load,
  { name, server }: Side,
  kind: FloodKind,
): Promise<Point> {
  const spec = { url: server.url, users: USERS, everyMs: EVERY_MS, measureMs: short ? 2000 : 5000 };
  const [alone, attacked, floods]: [VictimResult[], VictimResult[], FloodResult[]] = [[], [], []];
  for (let round = 0; round < (short ? 1 : 3); round += 1) {
    alone.push(await victims.do("victims", spec));
    // A process of its own: what it is busy with is not waited for by those who are measured.
    const attacker = await machine.load();
    await attacker.do("flood", { url: server.url, kind });
    await pause(500);
    attacked.push(await victims.do("victims", spec));
    floods.push(await attacker.do("endFlood", null));
    await attacker.stop();
    await pause(1000); // what is left of it, and places at the door
  }
  const point = { kind, side: name, alone, attacked, floods };
  say(`flood, ${kind}, ${name}: p99 of others ${fixed(ratioOf(point), 2)} times that without`);
  return point;
}

const p99 = (results: readonly VictimResult[]): number => median(results.map(({ p99Ms }) => p99Ms));

/** Of the p99; without bound when somebody was not answered. */
function ratioOf({ alone, attacked }: Point): number {
  const failed = attacked.some((result) => result.failed > 0);
  return failed ? Number.POSITIVE_INFINITY : p99(attacked) / p99(alone);
}

/** What a limit costs each event: the middle of several rounds, with the keys of a busy worker. */
function nanosPerTake(): number {
  const keys = Array.from({ length: 10_000 }, (_, n) => `user-${n}`);
  const takes = 1_000_000;
  const rounds = Array.from({ length: 5 }, () => {
    const buckets = createRateBuckets({ perSecond: 50, burst: 100 }, () => performance.now());
    const begunMs = performance.now();
    for (let n = 0; n < takes; n += 1) buckets.take(keys[n % keys.length] ?? "");
    return ((performance.now() - begunMs) * 1e6) / takes;
  });
  return median(rounds);
}

function report(points: readonly Point[], nanos: number): RowReport {
  const perSecond = ({ floods }: Point, pick: (one: FloodResult) => number): number =>
    floods.reduce((all, one) => all + pick(one), 0) / floods.reduce((all, { seconds }) => all + seconds, 0);
  return {
    name: "flood",
    title: "What one flooding user does to others",
    columns: ["flood", "side", "granted/s", "refused/s", "others' p99 ms alone", "attacked", "times"],
    lines: points.map((point) => [
      point.kind,
      point.side,
      fixed(
        perSecond(point, ({ granted }) => granted),
        0,
      ),
      fixed(
        perSecond(point, ({ refused }) => refused),
        0,
      ),
      fixed(p99(point.alone), 2),
      fixed(p99(point.attacked), 2),
      fixed(ratioOf(point), 2),
    ]),
    verdicts: [
      ...points.map((point) => ({
        what: `${point.kind}, ${point.side}: p99 of others, of that without an attacker`,
        value: ratioOf(point),
        ...(point.side === "limits" ? { most: MOST_RATIO } : {}),
      })),
      { what: "a limit: nanoseconds per event", value: nanos },
    ],
    charts: [
      {
        title: "p99 of others under a flood, of that without",
        unit: "times",
        groups: FLOODS.map((kind) => ({
          label: kind,
          bars: points
            .filter((point) => point.kind === kind)
            .map((point) => ({ side: point.side, value: ratioOf(point) })),
        })),
      },
    ],
    notes: [
      `${USERS} users publish to rooms of their own, each ${1000 / EVERY_MS} messages a second. The attacker is one user at one address, who connects again as soon as he is closed.`,
    ],
  };
}
