import type { FuzzResult, SideResult } from "../../tests/fuzz/run.js";
import type { Tally } from "../../tests/fuzz/tally.js";

/** One line while it runs. */
export function progressLine(tally: Tally, startMs: number): string {
  const seconds = (performance.now() - startMs) / 1000;
  const rate = Math.round(tally.inputs() / seconds);
  return `${Math.round(seconds)} s: ${tally.cases()} cases, ${tally.inputs()} inputs, ${rate}/s, ${tally.violations.length} violations`;
}

/** What came of it all. */
export function summary({ tally, sides }: FuzzResult): string {
  return [
    `inputs: ${listed(tally.inputsOf)}`,
    `cases by proof: ${listed(tally.casesOf)}`,
    `outcomes: ${listed(tally.outcomes)}`,
    ...sides.flatMap(sideLines),
    ...tally.violations.map((violation) => `VIOLATION ${violation}`),
    tally.violations.length === 0
      ? "no process ended or grew, nothing undeclared was answered, nobody else lost anything"
      : `${tally.violations.length} violations`,
  ].join("\n");
}

function listed(counts: ReadonlyMap<string, number>): string {
  const all = [...counts].sort(([, one], [, other]) => other - one);
  return all.map(([name, count]) => `${name} ${count}`).join(", ");
}

function sideLines({ name, alone, fuzzed, afterwards, before, after }: SideResult): string[] {
  const ms = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(1));
  const times = fuzzed.p99Ms / Math.max(alone.p99Ms, afterwards.p99Ms);
  return [
    `${name}: an ordinary client's acknowledgements, p99 ${ms(alone.p99Ms)} ms before, ${ms(fuzzed.p99Ms)} ms meanwhile (${Number.isNaN(times) ? "–" : times.toFixed(2)} times), ${ms(afterwards.p99Ms)} ms afterwards; ${fuzzed.published} messages`,
    ...before.map((old) => {
      const now = after.find(({ pid }) => pid === old.pid);
      return `${name}, ${old.role}: ${old.residentMiB} MiB before, ${now?.residentMiB ?? 0} MiB after; ${old.descriptors} descriptors before, ${now?.descriptors ?? 0} after`;
    }),
  ];
}
