import { escaped } from "../../shared/html.js";
import { bucketStart, type Counts } from "../histogram.js";
import { milliseconds } from "../text.js";
import { compact, figure, niceTop, SIZE, svg, verticalAxis } from "./chart.js";

const BARS = 60;
const WIDTH = SIZE.width - SIZE.left - SIZE.right;
const HEIGHT = SIZE.height - SIZE.top - SIZE.bottom;

/** A value to mark with a line, in milliseconds. */
export interface Mark {
  readonly label: string;
  readonly ms: number | null;
}

/** How many deliveries took how long, on a logarithmic axis. `counts` are microseconds. */
export function histogramChart(title: string, counts: Counts, marks: readonly Mark[]): string {
  const pairs: [us: number, count: number][] = [];
  for (let index = 0; index < counts.length; index += 2) {
    pairs.push([Math.max(1, bucketStart(counts[index] ?? 0)), counts[index + 1] ?? 0]);
  }
  const [from, to] = rangeOf(pairs);
  const share = (us: number) => Math.log(us / from) / Math.log(to / from);
  const bars = new Array<number>(BARS).fill(0);
  for (const [us, count] of pairs) {
    const bar = Math.min(BARS - 1, Math.floor(share(us) * BARS));
    bars[bar] = (bars[bar] ?? 0) + count;
  }
  const top = niceTop(Math.max(...bars));
  const x = (us: number) => SIZE.left + WIDTH * share(us);
  const edge = (bar: number) => from * (to / from) ** (bar / BARS);
  const columns = bars.map((count, bar) => {
    if (count === 0) return "";
    const height = Math.max(1, (HEIGHT * count) / top);
    const words = `${milliseconds(edge(bar) / 1000)} to ${milliseconds(edge(bar + 1) / 1000)} ms: ${compact(count)}`;
    const left = (x(edge(bar)) + 0.5).toFixed(1);
    return `<rect class="bar" x="${left}" y="${(SIZE.top + HEIGHT - height).toFixed(1)}" width="${(WIDTH / BARS - 1).toFixed(1)}" height="${height.toFixed(1)}" rx="1"><title>${escaped(words)}</title></rect>`;
  });
  const parts = [verticalAxis(top), decades(from, to, x), ...columns, ...lines(marks, x)];
  return figure(title, "deliveries", [], svg(title, parts));
}

/** Whole powers of ten around what there is. */
function rangeOf(pairs: readonly (readonly [number, number])[]): [number, number] {
  const values = pairs.map(([us]) => us);
  const from = 10 ** Math.floor(Math.log10(Math.min(1e5, ...values)));
  const to = 10 ** Math.ceil(Math.log10(Math.max(from * 10, ...values.map((us) => us * 1.02))));
  return [from, to];
}

function decades(from: number, to: number, x: (us: number) => number): string {
  const labels: string[] = [];
  for (let us = from; us <= to * 1.001; us *= 10) {
    const label = us < 1000 ? us / 1000 : (us / 1000).toLocaleString("en-US");
    labels.push(
      `<line class="grid" x1="${x(us)}" x2="${x(us)}" y1="${SIZE.top}" y2="${SIZE.top + HEIGHT}"/>`,
      `<text x="${x(us)}" y="${SIZE.height - SIZE.bottom + 16}" text-anchor="middle">${label}</text>`,
    );
  }
  return `${labels.join("")}<text x="${SIZE.left + WIDTH / 2}" y="${SIZE.height - 4}" text-anchor="middle">milliseconds, logarithmic</text>`;
}

function lines(marks: readonly Mark[], x: (us: number) => number): string[] {
  return marks.flatMap(({ label, ms }, index) => {
    if (ms === null) return [];
    const at = x(Math.max(1, ms * 1000)).toFixed(1);
    const text = `${label} ${milliseconds(ms)} ms`;
    return [
      `<line class="phase" x1="${at}" x2="${at}" y1="${SIZE.top}" y2="${SIZE.top + HEIGHT}"/>`,
      `<text class="phase" x="${Number(at) + 4}" y="${SIZE.top + 10 + 13 * index}">${escaped(text)}</text>`,
    ];
  });
}
