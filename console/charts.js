import { el } from "./dom.js";
import { count, milliseconds, rate } from "./format.js";
import { REFUSED_EARLY } from "./meanings.js";
import { renewChildren, say } from "./renew.js";
import { lastHour } from "./samples.js";
import uPlot from "./uplot/uPlot.esm.js";

const HEIGHT_PX = 150;
/** Steps of the axis of time, in seconds: whole minutes, as it says no seconds. */
const MINUTES = [60, 120, 300, 600, 900, 1800, 3600];

/** What is charted: names are those of a sample, colours those of the style sheet. */
const CHARTS = [
  { title: "Connections", series: [["connections", "open", "--hue-0"]], format: count },
  {
    title: "Events per second",
    series: [
      ["eventsIn", "in", "--hue-1"],
      ["eventsOut", "out", "--hue-2"],
    ],
    format: rate,
  },
  { title: "Publishes per second", series: [["publishes", "committed", "--hue-5"]], format: rate },
  {
    title: "Event loop lag",
    series: [["lagMs", "slowest worker", "--hue-3"]],
    format: milliseconds,
  },
  {
    title: "Refusals per second",
    series: [["refusals", "refused", "--bad"]],
    format: rate,
    note: refusedEarly,
  },
];

/** Rates have one decimal place; steps below 0.1 need more, so that no two lines say the same. */
const tickOf = (tick) => (tick < 1 ? String(Number(tick.toFixed(3))) : rate(tick));

/** The charts of an hour. Each says its newest and highest value in words, as a picture tells nothing to a screen reader. */
export function createCharts() {
  const node = el("div", { class: "charts" });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let samples = [];
  let charts = CHARTS.map(make);
  node.append(...charts.map(({ figure }) => figure));

  function make(spec) {
    const words = el("span", { class: "newest" });
    const canvas = el("div", { class: "chart", role: "img", "aria-label": spec.title });
    const legend = spec.series.map(([, label, colour]) =>
      el("span", { class: "key", "data-colour": colour.slice(2) }, label),
    );
    const note = el("p", { class: "hint" });
    const figure = el(
      "figure",
      {},
      el("figcaption", {}, el("strong", {}, spec.title), ...legend, words),
      canvas,
      note,
    );
    return { spec, words, canvas, figure, note, plot: undefined };
  }

  function draw(chart) {
    const { spec, canvas } = chart;
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--ink-soft"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const font = `12px ${style.fontFamily}`;
    chart.plot = new uPlot(
      {
        width: canvas.clientWidth || 300,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.15 : 1] } },
        axes: [
          { ...axis, font, space: 70, size: 28, values: "{HH}:{mm}", incrs: MINUTES },
          { ...axis, font, size: 48, values: (_plot, ticks) => ticks.map(tickOf) },
        ],
        series: [
          {},
          ...spec.series.map(([, label, name]) => ({
            label,
            stroke: colour(name),
            width: 2,
            fill: spec.series.length === 1 ? `${colour(name)}22` : undefined,
            points: { show: false },
          })),
        ],
      },
      dataOf(spec),
      canvas,
    );
  }

  const dataOf = ({ series }) => [
    samples.map(({ at }) => at / 1000),
    // Of a time when no worker answered nothing is known.
    ...series.map(([name]) => samples.map((sample) => (sample.workers === 0 ? null : sample[name]))),
  ];

  function tell({ spec, words, canvas }) {
    const said = spec.series.map(([name, label]) => {
      const known = samples.filter(({ workers }) => workers > 0).map((sample) => sample[name]);
      const isKnown = samples.at(-1).workers > 0;
      return {
        label,
        now: isKnown ? spec.format(known.at(-1)) : "–",
        most: spec.format(Math.max(0, ...known)),
      };
    });
    say(words, said.map(({ now }) => now).join(" / "));
    const sentences = said.map(({ label, now, most }) => `${label} ${now} now, at most ${most}`);
    canvas.setAttribute("aria-label", `${spec.title}: ${sentences.join("; ")}`);
  }

  function again() {
    for (const chart of charts) {
      chart.plot?.destroy();
      chart.plot = undefined;
    }
    show(samples);
  }

  function show(next) {
    samples = lastHour(next);
    if (samples.length === 0) return;
    for (const chart of charts) {
      if (chart.plot === undefined) draw(chart);
      else chart.plot.setData(dataOf(chart.spec));
      tell(chart);
      renewChildren(chart.note, ...(chart.spec.note?.(samples) ?? []));
    }
  }

  const resized = new ResizeObserver(() => {
    for (const { plot, canvas } of charts) {
      if (canvas.clientWidth > 0) plot?.setSize({ width: canvas.clientWidth, height: HEIGHT_PX });
    }
  });
  resized.observe(node);
  dark.addEventListener("change", again);
  return {
    node,
    show,
    end() {
      resized.disconnect();
      dark.removeEventListener("change", again);
      for (const { plot } of charts) plot?.destroy();
      charts = [];
    },
  };
}

/** Handshakes that were refused in this hour before it was known whose they are, by why. */
function refusedEarly(samples) {
  const counts = Object.keys(REFUSED_EARLY).map((result) => {
    const all = samples.reduce((sum, sample) => sum + (sample.refusedHandshakes?.[result] ?? 0), 0);
    return [result, all];
  });
  const found = counts.filter(([, all]) => all > 0);
  if (found.length === 0) return ["No handshake was refused at the door."];
  const words = found.map(([result, all]) => `${count(all)} ${result} (${REFUSED_EARLY[result]})`);
  const link = el("a", { href: "#/runbook/handshakes-are-refused" }, "Runbook");
  return [`Handshakes refused at the door: ${words.join(", ")}. `, link];
}
