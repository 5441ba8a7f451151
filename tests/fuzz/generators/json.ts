import type { Prng } from "../../chaos/prng.js";
import { mutated } from "./bytes.js";

/** Texts of JSON values that codecs and languages treat in a way of their own, and some that are none. */
const ODD = [
  ...["null", "true", "0", "-0", "1e999", "-1e-999", "9007199254740993", "0.1", '""', '" "', "[]", "{}"],
  ...['"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"__proto__"', '"constructor"', '"$where"', '"../.."'],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"toJSON":1}'],
  ...['{"toString":1,"valueOf":1}', '{"length":-1}', '{"then":1}', '{"$gt":""}', '{"a":1,"a":2}'],
  ...['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":-1}', '{"_placeholder":true,"num":"0"}'],
  ...['{"_placeholder":true,"num":1e9}', '{"_placeholder":1}', '{"type":"Buffer","data":[1,2]}'],
  ...[
    "",
    "{",
    "[",
    '"',
    "nul",
    "NaN",
    "Infinity",
    "undefined",
    "01",
    "'a'",
    "[1,]",
    '{"a":1,}',
    "/**/1",
    "\ufeff1",
  ],
  ...["[1 2]", '{"a" 1}', "[1]]", "{}{}", '"\t"', '"\\x"', "1e", "--1", "0x10", "[\u0000]"],
];

const NAMES = [
  ...["room", "body", "messages", "id", "user", "token", "after", "a", "", "0", "-1", "length", "__proto__"],
  ...["constructor", "hasOwnProperty", "toString", "_placeholder", "num", "$set", "a.b", "ok", "error"],
];

/** Text that is a JSON value most of the time, of odd content, sizes and depths. */
export function oddJson(prng: Prng): string {
  const roll = prng.next();
  if (roll < 0.05) return nested(prng);
  if (roll < 0.08)
    return `"${prng.pick(["x", "\\u00e9", "é", "\\n", "😀"]).repeat(prng.pick([100, 5000, 30_000]))}"`;
  if (roll < 0.16) return mutated(prng, Buffer.from(value(prng, 3))).toString("latin1");
  return value(prng, 3);
}

function value(prng: Prng, depth: number): string {
  if (depth === 0 || prng.chance(0.5)) return prng.pick(ODD);
  const parts = Array.from({ length: prng.int(0, 4) }, () => value(prng, depth - 1));
  if (prng.chance(0.4)) return `[${parts.join(",")}]`;
  return `{${parts.map((part) => `${JSON.stringify(prng.pick(NAMES))}:${part}`).join(",")}}`;
}

/** Levels around the limit, and beyond what a stack takes. */
function nested(prng: Prng): string {
  const depth = prng.pick([31, 32, 33, 34, 100, 1000, 8000, 20_000]);
  const [open, close] = prng.pick([
    ["[", "]"],
    ['{"a":', "}"],
    ['[{"__proto__":', "}]"],
  ]);
  const middle = prng.pick(["1", "{}", "[]", '{"_placeholder":true,"num":0}']);
  return open.repeat(depth) + middle + (prng.chance(0.8) ? close.repeat(depth) : "");
}
