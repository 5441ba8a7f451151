import { aligned } from "../shared/aligned.js";
import type { Outcome } from "./outcome.js";

/** A number without its fraction, with thousands apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** With three digits that count. */
export function seconds(ms: number): string {
  return ms < 1_000_000 ? String(Number((ms / 1000).toPrecision(3))) : whole(ms / 1000);
}

/** Names of the rows of the table, and their values of a scenario. */
const ROWS: readonly (readonly [name: string, value: (outcome: Outcome) => string])[] = [
  ["connections lost", ({ lost }) => whole(lost)],
  ["reconnects/s, most; of one instance", ({ peak }) => `${whole(peak.back)}; ${whole(peak.backOfInstance)}`],
  [
    "handshakes begun/s, most; of one instance",
    ({ peak }) => `${whole(peak.asked)}; ${whole(peak.askedOfInstance)}`,
  ],
  ["s until 99 %; all were back", ({ back99Ms, backMs }) => `${seconds(back99Ms)}; ${seconds(backMs)}`],
  ["never back", ({ away }) => whole(away)],
  ["refused by instances", ({ refusals }) => whole(sum(refusals))],
  ["of these by reason", ({ refusals }) => reasons(refusals)],
  [
    "refused to clients; without an answer in time",
    ({ failed, timeouts }) => `${whole(failed - timeouts)}; ${whole(timeouts)}`,
  ],
  ["repeated handshakes", ({ repeats }) => whole(repeats)],
  ["s that a handshake waited for its answer, most", ({ waitMs }) => seconds(waitMs)],
  [
    "connections of an instance, most; its cap",
    ({ connections, cap }) => `${whole(connections)}; ${whole(cap)}`,
  ],
  ["s that it took", ({ lastedMs }) => seconds(lastedMs)],
];

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([reason, count]) => `${reason} ${whole(count)}`)
    .join(", ");
}

/** What was found, as rows of a name and a value. */
export function rowsOf(outcome: Outcome): (readonly [string, string])[] {
  return [...ROWS.map(([name, value]) => [name, value(outcome) || "-"] as const), ...outcome.findings];
}

/** One scenario as lines of text. */
export function textOf(outcome: Outcome): string {
  const lines = aligned(rowsOf(outcome));
  return `${outcome.title}: ${whole(outcome.clients)} clients, ${whole(outcome.instances)} instances of ${outcome.workers} workers\n${lines.join("\n")}\n`;
}
