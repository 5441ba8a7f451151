import type { Point } from "../series.js";

/** More than a chart has pixels for; a day has 86,400. */
const MOST_POINTS = 600;

/** At most 600 points: neighbours of one phase become one, with their mean rates and their highest latencies. */
export function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  const groups: Point[][] = [];
  for (const point of points) {
    const group = groups.at(-1);
    if (group !== undefined && group.length < size && group[0]?.phase === point.phase) group.push(point);
    else groups.push([point]);
  }
  return groups.map(merged);
}

function merged(group: readonly Point[]): Point {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError("nothing to merge");
  const mean = (name: "sentPerSecond" | "deliveriesPerSecond" | "errors") =>
    group.reduce((sum, point) => sum + point[name], 0) / group.length;
  const highest = (name: "p50Ms" | "p99Ms" | "busy" | "reconnecting") => {
    const values = group.map((point) => point[name]).filter((value) => value !== null);
    return values.length === 0 ? null : Math.max(...values);
  };
  return {
    ...last,
    sentPerSecond: mean("sentPerSecond"),
    deliveriesPerSecond: mean("deliveriesPerSecond"),
    errors: mean("errors"),
    p50Ms: highest("p50Ms"),
    p99Ms: highest("p99Ms"),
    busy: highest("busy") ?? 0,
    reconnecting: highest("reconnecting") ?? 0,
  };
}
