import { escaped, htmlPage } from "../../shared/html.js";
import type { Outcome } from "../outcome.js";
import type { Point } from "../series.js";
import { remarks, summaryRows, whole } from "../text.js";
import { type TimeChart, timeChart } from "./chart.js";
import { histogramChart } from "./histogram-chart.js";
import { STYLE } from "./style.js";
import { thinned } from "./thinning.js";

/** The report: one file that needs nothing else, in light and dark. */
export function htmlReport(outcome: Outcome): string {
  const { options, violations } = outcome;
  const kind = options.durable ? "durable rooms" : "relay";
  const title = `Load test of ${new URL(options.url).host}: ${kind}`;
  const what = `${whole(options.connections)} connections (${options.transport}) in ${whole(options.rooms)} ${options.rooms === 1 ? "room" : "rooms"}, ${whole(options.rate)} messages/s of ${whole(options.bodyBytes)} bytes, ${Math.round(options.durationMs / 1000)} s`;
  const verdict = violations.length === 0 ? `<p class="ok">Passed</p>` : `<p class="bad">Failed</p>`;
  const body = `<header><div><h1>${escaped(title)}</h1><p>${escaped(what)}</p><p>${escaped(outcome.startedAt)}${outcome.interrupted ? ", interrupted" : ""}</p></div>${verdict}</header>
${list("bad", [...violations, ...(outcome.findings?.examples ?? [])])}${list("note", remarks(outcome))}
<main>${charts(outcome).join("\n")}</main>
<section>
<table><caption>Summary</caption>${table(summaryRows(outcome))}</table>
${errorTable(outcome.errors)}
</section>`;
  return htmlPage({ title, style: STYLE, body });
}

function charts({ points: all, latencyCounts, latency }: Outcome): string[] {
  const points = thinned(all);
  const seconds = points.map(({ second }) => second);
  const phases = phasesOf(points);
  const over = (chart: Pick<TimeChart, "title" | "unit" | "lines">) =>
    timeChart({ ...chart, seconds, phases });
  const values = (
    name: "connected" | "reconnecting" | "sentPerSecond" | "deliveriesPerSecond" | "p50Ms" | "p99Ms",
  ) => points.map((point) => point[name]);
  return [
    over({
      title: "Connections",
      unit: "number",
      lines: [
        { label: "connected", tone: "a", values: values("connected") },
        { label: "reconnecting", tone: "b", values: values("reconnecting") },
      ],
    }),
    over({
      title: "Latency from sender to receiver",
      unit: "ms",
      lines: [
        { label: "p50", tone: "a", values: values("p50Ms") },
        { label: "p99", tone: "b", values: values("p99Ms") },
      ],
    }),
    over({
      title: "Messages sent",
      unit: "messages/s",
      lines: [{ label: "sent", tone: "a", values: values("sentPerSecond") }],
    }),
    over({
      title: "Deliveries",
      unit: "deliveries/s",
      lines: [{ label: "deliveries", tone: "a", values: values("deliveriesPerSecond") }],
    }),
    histogramChart("Latency of all deliveries", latencyCounts, [
      { label: "p50", ms: latency.p50 },
      { label: "p99", ms: latency.p99 },
    ]),
    over({
      title: "Errors",
      unit: "errors/s",
      lines: [{ label: "errors", tone: "b", values: points.map(({ errors }) => errors) }],
    }),
  ];
}

/** Where the phase is another one than a second before. */
function phasesOf(points: readonly Point[]): TimeChart["phases"] {
  return points.flatMap(({ phase }, index) => {
    const before = points[index - 1];
    return phase === before?.phase ? [] : [{ second: before?.second ?? 0, name: phase }];
  });
}

function table(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join("");
}

function errorTable(errors: Outcome["errors"]): string {
  const rows = Object.entries(errors).map(([text, count]) => [text, whole(count)] as const);
  return rows.length === 0 ? "" : `<table><caption>Errors</caption>${table(rows)}</table>`;
}

function list(kind: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<ul class="${kind}">${items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
}
