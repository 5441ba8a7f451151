import { aligned } from "../../shared/aligned.js";
import { passes, type RowReport, type Verdict } from "../rows/row.js";

/** All rows, once. */
export interface Run {
  /** Load average of the machine at the end. */
  readonly load: number;
  readonly reports: readonly RowReport[];
}

/** A row's figures and its verdicts, as lines of text. */
export function tableOf(report: RowReport): string[] {
  const verdicts = report.verdicts.map((verdict) => [
    verdict.what,
    shown(verdict.value),
    targetOf(verdict),
    wordFor(passes(verdict)),
  ]);
  return [
    "",
    report.title,
    ...aligned([report.columns, ...report.lines]),
    "",
    ...aligned(verdicts),
    ...report.notes.map((note) => `note: ${note}`),
    "",
  ];
}

/** What all runs say together: a target is met when every run has met it. */
export function summary(runs: readonly Run[]): { lines: string[]; passed: boolean } {
  const reports = runs[0]?.reports ?? [];
  let passed = true;
  const table = reports.flatMap((report, row) =>
    report.verdicts.map((first, index) => {
      const all = runs.map((run) => run.reports[row]?.verdicts[index] ?? { ...first, value: Number.NaN });
      const outcome = passes(first) === undefined ? undefined : all.every((one) => passes(one));
      if (outcome === false) passed = false;
      return [
        report.name,
        first.what,
        all.map(({ value }) => shown(value)).join("  "),
        targetOf(first),
        wordFor(outcome),
      ];
    }),
  );
  return {
    lines: [
      "",
      ...aligned([["row", "figure", runs.length > 1 ? "runs" : "run", "target", ""], ...table]),
      "",
    ],
    passed,
  };
}

/** What a verdict is held to, in words. */
export function targetOf({ most, least }: Verdict): string {
  if (most !== undefined) return `<= ${most}`;
  return least === undefined ? "" : `>= ${least}`;
}

/** A ratio or a figure with three digits that count. */
export function shown(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(3)));
}

function wordFor(outcome: boolean | undefined): string {
  if (outcome === undefined) return "";
  return outcome ? "pass" : "FAIL";
}
