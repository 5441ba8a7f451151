import type { VictimSpec } from "../load/victims.js";
import type { Point } from "./flood.js";
import { coreOf, p99Of, perSecond, ratioOf, spreadOf, type Wait } from "./flood-sums.js";
import type { RowReport } from "./row.js";
import { fixed } from "./sums.js";

/** How much an attacker may add to what others wait for, as a factor of their p99. */
const MOST_RATIO = 2;
const WAITS: readonly (readonly [Wait, string])[] = [
  ["answersMs", "answers"],
  ["storedMs", "what is stored"],
];

export function floodReport(
  points: readonly Point[],
  nanos: number,
  { users, asksPerSecond, asksPerMessage }: Pick<VictimSpec, "users" | "asksPerSecond" | "asksPerMessage">,
): RowReport {
  return {
    name: "flood",
    title: "What one flooding user does to others",
    columns: [
      ...["flood", "side", "granted/s", "refused/s", "core alone", "attacked", "waits for"],
      ...["p99 ms alone", "elsewhere", "attacked", "times", "rounds"],
    ],
    lines: points.flatMap((point) => WAITS.map(([wait, name]) => line(point, wait, name))),
    verdicts: [
      ...points.flatMap((point) =>
        WAITS.map(([wait, name]) => ({
          what: `${point.kind}, ${point.side}: p99 of ${name}, of that under a flood elsewhere`,
          value: ratioOf(point, wait),
          ...(point.side === "limits" ? { most: MOST_RATIO } : {}),
        })),
      ),
      { what: "a limit: nanoseconds per event", value: nanos },
    ],
    charts: WAITS.map(([wait, name]) => ({
      title: `p99 of ${name} under a flood, of that under a flood elsewhere`,
      unit: "times",
      groups: [...new Set(points.map(({ kind }) => kind))].map((kind) => ({
        label: kind,
        bars: points
          .filter((point) => point.kind === kind)
          .map((point) => ({ side: point.side, value: ratioOf(point, wait) })),
      })),
    })),
    notes: [
      `${users} users ask ${asksPerSecond} times a second and publish ${asksPerSecond / asksPerMessage} messages. The attacker is one user at one address, who connects again as soon as he is closed.`,
      "elsewhere: the same attacker on the same core floods another server, which has its own stores. What he takes of the machine is in both.",
    ],
  };
}

function line(point: Point, wait: Wait, name: string): string[] {
  const [least, most] = spreadOf(point, wait);
  const percent = (share: number) => `${fixed(100 * share, 0)} %`;
  return [
    ...[point.kind, point.side],
    ...(["granted", "refused"] as const).map((what) => fixed(perSecond(point, what), 0)),
    ...(["alone", "attacked"] as const).map((phase) => percent(coreOf(point, phase))),
    name,
    ...(["alone", "elsewhere", "attacked"] as const).map((phase) => fixed(p99Of(point, phase, wait), 2)),
    fixed(ratioOf(point, wait), 2),
    `${fixed(least, 2)} to ${fixed(most, 2)}`,
  ];
}
