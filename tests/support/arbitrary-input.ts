import * as fc from "fast-check";
import type { JsonSchema } from "../../src/contract/json-schema.js";
import { resolved, type SchemaDocument, typesOf } from "./json-schema.js";

/** Longest text and list that are made, whatever their schema allows. */
const LONGEST = 150;
/** Values that are no value of most schemas, or that codecs, languages and stores treat in a way of their own. */
const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 2 ** 53, -0, 1e300, "", " ", "\u0000", "\ud800", "é".repeat(70)],
  ...["x".repeat(200), "..", "a/b", "$where", "__proto__", "0x10", "1e3", "NaN", "null"],
  ...[
    [],
    {},
    [[]],
    { $gt: 0 },
    { length: 1 },
    { toString: 1, toJSON: 1 },
    JSON.parse('{"__proto__": {"a": 1}}'),
  ],
];

/** A value that the schema takes. */
export function valid(schema: JsonSchema, document: SchemaDocument): fc.Arbitrary<unknown> {
  const plain = resolved(schema, document);
  const made = madeOf(plain, document);
  const examples = plain.examples as unknown[] | undefined;
  return examples === undefined ? made : fc.oneof(fc.constantFrom(...examples), made);
}

function madeOf(schema: JsonSchema, document: SchemaDocument): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) {
    return fc.oneof(...schema.anyOf.map((one) => valid(one as JsonSchema, document)));
  }
  return fc.oneof(...typesOf(schema).map((type) => ofType(type, schema, document)));
}

function ofType(type: unknown, schema: JsonSchema, document: SchemaDocument): fc.Arbitrary<unknown> {
  switch (type) {
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return textOf(schema);
    case "integer": {
      const { minimum: min = 0, maximum: max = Number.MAX_SAFE_INTEGER } = schema;
      return fc.oneof(fc.integer({ min, max: Math.min(max, min + 20) }), fc.integer({ min, max }));
    }
    case "array": {
      const { minItems: minLength = 0, maxItems: maxLength = LONGEST } = schema;
      const items = valid(schema.items as JsonSchema, document);
      return fc.array(items, { minLength, maxLength: Math.min(maxLength, LONGEST), size: "small" });
    }
    case "object": {
      const properties = Object.entries(schema.properties ?? {});
      const values = properties.map(([name, one]) => [name, valid(one as JsonSchema, document)] as const);
      return fc.record(Object.fromEntries(values), {
        requiredKeys: schema.required ?? [],
        noNullPrototype: true,
      });
    }
    default:
      return fc.jsonValue({ maxDepth: 3 }).filter((value) => value !== null);
  }
}

function textOf({ pattern, format, minLength = 0, maxLength = LONGEST }: JsonSchema): fc.Arbitrary<string> {
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (pattern === undefined) return fc.string({ minLength, maxLength: Math.min(maxLength, LONGEST) });
  // The library has no look-ahead: what it makes without is held against the whole.
  const whole = new RegExp(pattern);
  return fc
    .stringMatching(new RegExp(pattern.replaceAll(/\(\?!.*?\$\)/g, "")))
    .filter((text) => whole.test(text));
}

/** A value that the schema takes but for one place, which may be the whole; `odd` are further values for that place. */
export function nearlyValid(
  schema: JsonSchema,
  document: SchemaDocument,
  odd: readonly unknown[] = [],
): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.constantFrom(...ODD_VALUES),
    fc.jsonValue({ maxDepth: 2 }),
    ...(odd.length === 0 ? [] : [fc.constantFrom(...odd)]),
  );
  const changes = fc.record({ at: fc.nat(), how: fc.nat(), value: anything });
  return fc.tuple(valid(schema, document), changes).map(([value, change]) => changed(value, change));
}

interface Change {
  /** Which place, among all. */
  readonly at: number;
  readonly how: number;
  readonly value: unknown;
}

/** A copy with that change: the values are made once, and changed again and again when a failure is narrowed down. */
function changed(original: unknown, { at, how, value: given }: Change): unknown {
  const [whole, value] = [structuredClone(original), structuredClone(given)];
  const places = placesIn(whole);
  const place = places[at % (places.length + 1)];
  if (place === undefined) return value;
  const { owner, key } = place;
  if (Array.isArray(owner)) owner[Number(key)] = value;
  else if (how % 4 === 0) delete owner[key];
  else if (how % 4 === 1) owner[`${key} `] = value;
  else owner[key] = value;
  return whole;
}

type Owner = Record<string, unknown> | unknown[];
type Place = { readonly owner: Owner & Record<string, unknown>; readonly key: string };

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { owner: value as Place["owner"], key },
    ...placesIn(inner),
  ]);
}
