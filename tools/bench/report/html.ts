import { passes, type RowReport } from "../rows/row.js";
import { barChart, escaped } from "./bars.js";
import { type Run, shown, targetOf } from "./table.js";

/** Everything that a benchmark has found. */
export interface Result {
  /** ISO 8601. */
  readonly begunAt: string;
  readonly short: boolean;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly runs: readonly Run[];
}

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #ffffff; --ink: #16202c; --dim: #5b6675; --rule: #dfe3e8; --a: #1f6feb; --b: #c2410c; --c: #8a94a3; --d: #7c5cbf; --ok: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f141a; --card: #171e26; --ink: #e6ebf1; --dim: #97a3b2; --rule: #2b3540; --a: #5aa2ff; --b: #ff9a5c; --c: #7d8896; --d: #b79cf0; --ok: #4ade80; --bad: #f87171; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1360px; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 24px; }
h2 { margin: 32px 0 10px; font-size: 18px; }
header p, .note { margin: 4px 0 0; color: var(--dim); font-size: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; align-items: start; }
figure, .table { margin: 0 0 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; overflow-x: auto; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 8px; margin-bottom: 10px; }
figcaption span { color: var(--dim); font-size: 13px; }
figcaption ul { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 0 auto; padding: 0; list-style: none; font-size: 13px; }
figcaption i { display: inline-block; width: 12px; height: 12px; margin-right: 6px; vertical-align: -1px; border-radius: 2px; }
svg { display: block; width: 100%; max-width: 640px; height: auto; }
svg text { fill: var(--dim); font-size: 12px; font-variant-numeric: tabular-nums; }
svg line { stroke: var(--rule); }
rect.a { fill: var(--a); } rect.b { fill: var(--b); } rect.c { fill: var(--c); } rect.d { fill: var(--d); }
i.a { background: var(--a); } i.b { background: var(--b); } i.c { background: var(--c); } i.d { background: var(--d); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px 5px 0; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { font-weight: 400; color: var(--dim); font-size: 13px; }
.ok { color: var(--ok); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
`;

/** One page with all figures of all runs and the plots of the last one. It needs nothing from elsewhere. */
export function htmlReport({ begunAt, short, machine, runs }: Result): string {
  const last = runs.at(-1);
  const loads = runs.map(({ load }) => load.toFixed(1)).join(", ");
  const about = `${begunAt.replace("T", " ").slice(0, 16)} UTC, ${machine.cpu}, ${machine.cores} cores, Node.js ${machine.node}, load average ${loads}${short ? ", short form" : ""}`;
  const count = runs.length === 1 ? "one run" : `${runs.length} runs`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shoal benchmark</title><style>${STYLE}</style></head>
<body><header><h1>Shoal and its peers, side by side</h1><p>${escaped(about)}; ${count}, plots of the last</p></header>
<h2>Targets</h2>${targets(runs)}
${(last?.reports ?? []).map(section).join("\n")}
</body></html>
`;
}

function targets(runs: readonly Run[]): string {
  const lines = (runs[0]?.reports ?? []).flatMap((report, row) =>
    report.verdicts.map((first, index) => {
      const all = runs.map((run) => run.reports[row]?.verdicts[index] ?? { ...first, value: Number.NaN });
      const outcome = passes(first) === undefined ? undefined : all.every((one) => passes(one));
      const word =
        outcome === undefined
          ? ""
          : `<span class="${outcome ? "ok" : "bad"}">${outcome ? "met" : "missed"}</span>`;
      const values = all.map(({ value }) => shown(value)).join(", ");
      return [report.name, first.what, values, targetOf(first)].map(escaped).concat(word);
    }),
  );
  return table(["row", "figure", "found", "target", ""], lines);
}

function section(report: RowReport): string {
  const charts = report.charts.map(barChart).join("");
  const notes = report.notes.map((note) => `<p class="note">${escaped(note)}</p>`).join("");
  const lines = report.lines.map((line) => line.map(escaped));
  return `<section><h2>${escaped(report.title)}</h2><div class="cards">${charts}</div>${table(report.columns, lines)}${notes}</section>`;
}

/** Cells are HTML already. */
function table(columns: readonly string[], lines: readonly (readonly string[])[]): string {
  const head = columns.map((column) => `<th>${escaped(column)}</th>`).join("");
  const body = lines.map((line) => `<tr>${line.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
