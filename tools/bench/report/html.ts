import { escaped, htmlPage } from "../../shared/html.js";
import { passes, type RowReport } from "../rows/row.js";
import { barChart } from "./bars.js";
import { type Run, shown, targetOf } from "./table.js";

/** Everything that a benchmark has found. */
export interface Result {
  /** ISO 8601. */
  readonly begunAt: string;
  readonly short: boolean;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly runs: readonly Run[];
}

/** What this report adds to the style of all. */
const STYLE = `
h2 { margin: 32px 0 10px; font-size: 18px; }
header p, .note { margin: 4px 0 0; color: var(--dim); font-size: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; align-items: start; }
figure, .table { margin: 0 0 16px; overflow-x: auto; }
.table { padding: 12px 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
figcaption i { width: 12px; height: 12px; vertical-align: -1px; }
svg { max-width: 640px; }
svg line { stroke: var(--rule); }
rect.a { fill: var(--a); } rect.b { fill: var(--b); } rect.c { fill: var(--c); } rect.d { fill: var(--d); }
i.a { background: var(--a); } i.b { background: var(--b); } i.c { background: var(--c); } i.d { background: var(--d); }
table { border-collapse: collapse; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--rule); }
tr:last-child td { border-bottom: 0; }
th { font-size: 13px; }
.ok, .bad { font-weight: 600; }
`;

/** One page with all figures of all runs and the plots of the last one. It needs nothing from elsewhere. */
export function htmlReport({ begunAt, short, machine, runs }: Result): string {
  const last = runs.at(-1);
  const loads = runs.map(({ load }) => load.toFixed(1)).join(", ");
  const about = `${begunAt.replace("T", " ").slice(0, 16)} UTC, ${machine.cpu}, ${machine.cores} cores, Node.js ${machine.node}, load average ${loads}${short ? ", short form" : ""}`;
  const count = runs.length === 1 ? "one run" : `${runs.length} runs`;
  const body = `<header><h1>Shoal and its peers, side by side</h1><p>${escaped(about)}; ${count}, plots of the last</p></header>
<h2>Targets</h2>${targets(runs)}
${(last?.reports ?? []).map(section).join("\n")}`;
  return htmlPage({ title: "Shoal benchmark", style: STYLE, body });
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
