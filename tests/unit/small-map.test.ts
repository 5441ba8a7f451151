import { SmallMap } from "../../src/realtime/idle-memory/small-map.js";

type Step = (map: Map<string, number>) => unknown;

/** What a map has shown while somebody worked with it. */
function trace(map: Map<string, number>, steps: readonly Step[]): unknown[] {
  return steps.map((step) => [step(map), map.size, map.has("a"), map.get("a"), map.get("b")]);
}

const set =
  (key: string, value: number): Step =>
  (map) =>
    void map.set(key, value);
const remove =
  (key: string): Step =>
  (map) =>
    map.delete(key);
const clear: Step = (map) => map.clear();
const list: Step = (map) => [[...map], [...map.keys()], [...map.values()], [...map.entries()]];
const each: Step = (map) => {
  const seen: unknown[] = [];
  map.forEach((value, key, whole) => void seen.push(value, key, whole === map));
  return seen;
};
const removeWhileWalking: Step = (map) => {
  const seen: string[] = [];
  for (const key of map.keys()) {
    seen.push(key);
    map.delete("b");
    if (seen.length === 1) map.set("c", 3);
  }
  return seen;
};

describe("a small map", () => {
  test.each<[string, Step[]]>([
    ["nothing in it", [list, each, remove("a"), clear]],
    ["one entry", [set("a", 1), list, each, set("a", 2), remove("b"), remove("a"), remove("a"), list]],
    ["an entry that is undefined", [(map) => map.set("a", undefined as never).has("a"), list]],
    ["one entry after another", [set("a", 1), remove("a"), set("b", 2), list, clear, set("a", 3), list]],
    ["two entries", [set("a", 1), set("b", 2), list, each, set("a", 3), remove("a"), list, clear, list]],
    ["entries that change while it is walked through", [set("a", 1), set("b", 2), removeWhileWalking, list]],
    ["one that changes while it is walked through", [set("a", 1), removeWhileWalking, list]],
  ])("does what a Map does with %s", (_name, steps) => {
    expect(trace(new SmallMap<string, number>([]), steps)).toEqual(trace(new Map(), steps));
  });

  test("begins with the entries that it is given", () => {
    expect([...new SmallMap([["a", 1]])]).toEqual([["a", 1]]);
    const entries = [
      ["a", 1],
      ["b", 2],
    ] as const;
    expect([...new SmallMap(entries)]).toEqual(entries);
  });
});
