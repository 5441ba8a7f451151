import { timeChart } from "../loadtest/report/chart.js";
import { STYLE } from "../loadtest/report/style.js";
import { escaped, htmlPage } from "../shared/html.js";
import type { Second } from "./meter.js";
import type { Outcome } from "./outcome.js";
import type { RunOptions } from "./run.js";
import { rowsOf, whole } from "./text.js";

/** What this report adds to that of the load test. */
const MORE_STYLE = `
h2 { margin: 36px 0 12px; font-size: 18px; }
`;
/** More than a chart has pixels for. */
const MOST_POINTS = 600;

/** One page with all scenarios: plots, and below them the table. It needs nothing from elsewhere. */
export function htmlReport(options: RunOptions, outcomes: readonly Outcome[]): string {
  const variables = Object.entries(options.variables).map(([name, value]) => `${name}=${value}`);
  const about = [
    `${whole(options.clients)} clients, ${whole(options.instances)} instances of ${options.workers} workers`,
    `${options.balancer}, up to ${options.tries} instances a handshake`,
    `${Math.round(options.libraryShare * 100)} % with the client library`,
    `seed ${options.seed}`,
    ...variables,
  ].join("; ");
  const title = "A simulated fleet";
  const body = `<header><div><h1>${title}</h1><p>${escaped(about)}</p></div></header>
${outcomes.map(section).join("\n")}`;
  return htmlPage({ title, style: STYLE + MORE_STYLE, body });
}

function section(outcome: Outcome): string {
  const rows = rowsOf(outcome)
    .map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`)
    .join("");
  return `<h2>${escaped(outcome.title)}</h2>
<main>${charts(outcome).join("\n")}</main>
<section><table>${rows}</table></section>`;
}

function charts({ seconds, marks: phases, series }: Outcome): string[] {
  const size = Math.ceil(seconds.length / MOST_POINTS);
  const points = Array.from({ length: Math.ceil(seconds.length / size) }, (_, index) =>
    seconds.slice(index * size, (index + 1) * size),
  );
  const at = points.map((_, index) => index * size);
  /** Of the busiest second of each point. */
  const most = (value: (one: Second) => number) => points.map((point) => Math.max(...point.map(value)));
  const own = series.map(({ title, unit, values }) =>
    timeChart({
      ...{ title, unit, phases, seconds: at },
      lines: [{ label: title, tone: "a", values: most(({ second }) => values[second] ?? 0) }],
    }),
  );
  return [
    timeChart({
      ...{ title: "Handshakes and reconnects", unit: "per second", phases, seconds: at },
      lines: [
        { label: "handshakes begun", tone: "b", values: most(({ asked }) => asked) },
        { label: "connections made", tone: "a", values: most(({ back }) => back) },
      ],
    }),
    timeChart({
      ...{ title: "Clients without a connection", unit: "clients", phases, seconds: at },
      lines: [{ label: "away", tone: "b", values: most(({ away }) => away) }],
    }),
    timeChart({
      ...{ title: "Longest wait of a handshake for its answer", unit: "ms", phases, seconds: at },
      lines: [{ label: "longest", tone: "a", values: most(({ waitMs }) => waitMs) }],
    }),
    timeChart({
      ...{ title: "Connections of the fullest instance", unit: "connections", phases, seconds: at },
      lines: [{ label: "connections", tone: "a", values: most(({ connections }) => connections) }],
    }),
    ...own,
  ];
}
