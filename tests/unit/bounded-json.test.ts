import { boundedJson } from "../../src/contract/bounded-json.js";
import { AppError } from "../../src/contract/errors.js";
import { parse } from "../../src/contract/validation.js";

const LIMIT_BYTES = 100;
const schema = boundedJson(LIMIT_BYTES);
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

function refusalOf(value: unknown): { code: string; message: string } {
  try {
    parse(schema, value);
  } catch (error) {
    if (error instanceof AppError) return error.body;
  }
  throw new Error("the value was accepted");
}

test.each([
  ["a text", "ü"],
  ["an empty text", ""],
  ["zero", 0],
  ["false", false],
  ["an empty list", []],
  ["an empty object", {}],
  ["null inside", { a: [null] }],
  ["32 levels", nested(32)],
  ["an own key called __proto__", JSON.parse('{"__proto__":{"a":1}}')],
])("takes %s as it is", (_what, value) => {
  expect(parse(schema, value)).toBe(value);
});

test.each([
  ["nothing", undefined, "is required"],
  ["null", null, "is required"],
  ["33 levels", nested(33), "must be a JSON value"],
  ["100,000 levels", nested(100_000), "must be a JSON value"],
  ["a function", () => {}, "must be a JSON value"],
  ["a function inside", { a: () => {} }, "must be a JSON value"],
  ["undefined inside", { a: undefined }, "must be a JSON value"],
  ["a number beyond the largest", JSON.parse("1e400"), "must be a JSON value"],
  ["a number beyond the smallest inside", JSON.parse('{"a":[-1e400]}'), "must be a JSON value"],
  ["what is no number", Number.NaN, "must be a JSON value"],
  ["a symbol", Symbol("x"), "must be a JSON value"],
  ["a big integer", { a: 1n }, "must be a JSON value"],
  ["binary", Buffer.from("x"), "must be a JSON value"],
  ["binary inside", [{ a: new Uint8Array(1) }], "must be a JSON value"],
  ["an array buffer", { a: new ArrayBuffer(1) }, "must be a JSON value"],
])("refuses %s", (_what, value, message) => {
  expect(refusalOf(value)).toEqual({
    code: "invalid",
    message: expect.stringContaining(message),
    temporary: false,
  });
});

test.each([
  ["ASCII", "x".repeat(LIMIT_BYTES - 2)],
  ["letters of two bytes", "é".repeat((LIMIT_BYTES - 2) / 2)],
  ["what JSON escapes", "\n".repeat((LIMIT_BYTES - 2) / 2)],
])("counts bytes of JSON, quotes included: %s", (_what, largest) => {
  expect(parse(schema, largest)).toBe(largest);
  expect(refusalOf(`${largest}x`)).toMatchObject({
    code: "too_large",
    message: expect.stringContaining("100 bytes"),
  });
});
