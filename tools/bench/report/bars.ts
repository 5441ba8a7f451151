import { escaped } from "../../shared/html.js";
import type { Chart } from "../rows/row.js";
import { shown } from "./table.js";

const WIDTH = 640;
const LABEL_WIDTH = 96;
const BAR_HEIGHT = 16;
const GAP = 12;
const VALUE_WIDTH = 76;
/** Classes of colours; a chart has no more sides. */
const TONES = ["a", "b", "c", "d"];

/** A figure of horizontal bars, each group with a bar per side, as HTML with inline SVG. */
export function barChart({ title, unit, groups }: Chart): string {
  const sides = [...new Set(groups.flatMap(({ bars }) => bars.map(({ side }) => side)))];
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const top = Math.max(...values.filter(Number.isFinite), Number.MIN_VALUE);
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  let y = 0;
  const parts = groups.map(({ label, bars }) => {
    const middle = y + (bars.length * BAR_HEIGHT) / 2 + 4;
    const caption = `<text x="${LABEL_WIDTH - 10}" y="${middle}" text-anchor="end">${escaped(label)}</text>`;
    const drawn = bars.map(({ side, value }, index) => {
      const width = Math.max(1, (room * (Number.isFinite(value) ? value : 0)) / top).toFixed(1);
      const at = y + index * BAR_HEIGHT;
      const words = `${label} ${side}: ${shown(value)} ${unit}`;
      return (
        `<rect class="${toneOf(sides, side)}" x="${LABEL_WIDTH}" y="${at}" width="${width}" height="${BAR_HEIGHT - 2}" rx="2"><title>${escaped(words)}</title></rect>` +
        `<text x="${LABEL_WIDTH + Number(width) + 6}" y="${at + BAR_HEIGHT - 4}">${shown(value)}</text>`
      );
    });
    y += bars.length * BAR_HEIGHT + GAP;
    return caption + drawn.join("");
  });
  const axis = `<line x1="${LABEL_WIDTH}" x2="${LABEL_WIDTH}" y1="0" y2="${Math.max(1, y - GAP)}"/>`;
  const keys = sides
    .map((side) => `<li><i class="${toneOf(sides, side)}"></i>${escaped(side)}</li>`)
    .join("");
  return `<figure><figcaption><b>${escaped(title)}</b> <span>${escaped(unit)}</span><ul>${keys}</ul></figcaption><svg viewBox="0 0 ${WIDTH} ${Math.max(1, y - GAP)}" role="img" aria-label="${escaped(title)}">${parts.join("")}${axis}</svg></figure>`;
}

/** Shoal has one colour, its peers the others. */
function toneOf(sides: readonly string[], side: string): string {
  if (isOwn(side)) return "a";
  const others = sides.filter((one) => !isOwn(one));
  return TONES[1 + (others.indexOf(side) % (TONES.length - 1))] ?? "d";
}

function isOwn(side: string): boolean {
  return ["shoal", "durable room", "group commit", "sharded"].includes(side);
}
