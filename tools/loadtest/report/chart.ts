import { escaped } from "../../shared/html.js";

/** One line of a chart; a null leaves a gap. */
export interface Line {
  readonly label: string;
  /** Class of its colour: `a` or `b`. */
  readonly tone: "a" | "b";
  readonly values: readonly (number | null)[];
}

/** A chart over the seconds of the run. */
export interface TimeChart {
  readonly title: string;
  /** Of the vertical axis, which begins at 0. */
  readonly unit: string;
  readonly seconds: readonly number[];
  readonly lines: readonly Line[];
  /** Seconds at which a phase begins, with its name. */
  readonly phases: readonly { readonly second: number; readonly name: string }[];
}

/** Inner size and margins of every chart, in SVG units. */
export const SIZE = { width: 640, height: 220, left: 62, right: 26, top: 14, bottom: 38 } as const;

const INNER = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom };
const TICKS = 4;

/** A number as an axis shows it: 1,500 or 2.5 k or 1.2 M. */
export function compact(value: number): string {
  if (value >= 1e6) return `${trimmed(value / 1e6)} M`;
  if (value >= 1e4) return `${trimmed(value / 1e3)} k`;
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : trimmed(value);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A figure with its title, its legend and the chart as inline SVG. */
export function figure(
  title: string,
  unit: string,
  legend: readonly Pick<Line, "label" | "tone">[],
  svg: string,
) {
  const keys = legend.map(({ label, tone }) => `<li><i class="${tone}"></i>${escaped(label)}</li>`).join("");
  const list = legend.length > 1 ? `<ul>${keys}</ul>` : "";
  return `<figure><figcaption><b>${escaped(title)}</b> <span>${escaped(unit)}</span>${list}</figcaption>${svg}</figure>`;
}

/** Gridlines and labels of the vertical axis up to `top`. */
export function verticalAxis(top: number): string {
  return Array.from({ length: TICKS + 1 }, (_, index) => {
    const y = SIZE.top + INNER.height * (1 - index / TICKS);
    const label = `<text x="${SIZE.left - 8}" y="${y + 4}" text-anchor="end">${compact((top * index) / TICKS)}</text>`;
    return `<line class="${index === 0 ? "axis" : "grid"}" x1="${SIZE.left}" x2="${SIZE.width - SIZE.right}" y1="${y}" y2="${y}"/>${label}`;
  }).join("");
}

/** The next value that divides well into the ticks. */
export function niceTop(value: number): number {
  if (!(value > 0)) return TICKS;
  const unit = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((factor) => factor * unit >= value) ?? 10;
  return step * unit;
}

/** The SVG element around the parts of a chart. */
export function svg(title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escaped(title)}">${parts.join("")}</svg>`;
}

export function timeChart({ title, unit, seconds, lines, phases }: TimeChart): string {
  const end = Math.max(1, ...seconds);
  const top = niceTop(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const x = (second: number) => SIZE.left + (INNER.width * second) / end;
  const y = (value: number) => SIZE.top + INNER.height * (1 - value / top);
  const point = (value: number, index: number) =>
    `${x(seconds[index] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`;

  const paths = lines.map(({ tone, values }) => {
    const steps = values.map((value, index) => {
      if (value === null) return "";
      return `${index === 0 || values[index - 1] === null ? "M" : "L"}${point(value, index)}`;
    });
    return `<path class="${tone}" d="${steps.join("")}"/>`;
  });
  const marks = phases.map(({ second, name }) => {
    const at = x(second).toFixed(1);
    return `<line class="phase" x1="${at}" x2="${at}" y1="${SIZE.top}" y2="${SIZE.height - SIZE.bottom}"/><text class="phase" x="${Number(at) + 4}" y="${SIZE.top + 10}">${escaped(name)}</text>`;
  });
  const spots = seconds.map((second, index) => {
    const words = lines.map(({ label, values }) => {
      const value = values[index] ?? null;
      return `${label}: ${value === null ? "-" : compact(value)} ${unit}`;
    });
    const width = INNER.width / Math.max(1, seconds.length);
    return `<rect class="spot" x="${(x(second) - width / 2).toFixed(1)}" y="${SIZE.top}" width="${width.toFixed(1)}" height="${INNER.height}"><title>${escaped(`${second} s\n${words.join("\n")}`)}</title></rect>`;
  });
  return figure(
    title,
    unit,
    lines,
    svg(title, [verticalAxis(top), secondsAxis(end, x), ...marks, ...paths, ...spots]),
  );
}

function secondsAxis(end: number, x: (second: number) => number): string {
  const step =
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find((size) => end / size <= 8) ?? end / 8;
  const labels: string[] = [];
  for (let second = 0; second <= end; second += step) {
    labels.push(
      `<text x="${x(second)}" y="${SIZE.height - SIZE.bottom + 16}" text-anchor="middle">${second}</text>`,
    );
  }
  return `${labels.join("")}<text x="${SIZE.left + INNER.width / 2}" y="${SIZE.height - 4}" text-anchor="middle">seconds since the start</text>`;
}
