import { z } from "zod";
import { parse, TOO_LARGE } from "../../src/contract/validation.js";

const schema = z.strictObject({
  name: z.string(),
  tags: z.array(z.string().max(3)).optional(),
  body: z
    .unknown()
    .refine((value) => value !== "huge", { message: "is too much", params: TOO_LARGE })
    .optional(),
});

function refusalOf(value: unknown): unknown {
  try {
    parse(schema, value);
  } catch (error) {
    return error;
  }
  throw new Error("the value was accepted");
}

test("gives the value as the schema describes it", () => {
  expect(parse(z.strictObject({ limit: z.coerce.number() }), { limit: "7" })).toEqual({ limit: 7 });
});

test("names every field that is wrong, wherever it is, and no value", () => {
  const error = refusalOf({ name: 12_345, tags: ["ok", "hunter2"] });

  expect(error).toMatchObject({ name: "AppError", code: "invalid" });
  expect((error as Error).message).toMatch(/^name: .*; tags\.1: /);
  expect((error as Error).message).not.toMatch(/12345|12_345|hunter2/);
});

test.each([undefined, null, "text", 7, []])("tells of a payload that is no object at all: %p", (value) => {
  expect(refusalOf(value)).toMatchObject({ code: "invalid", message: expect.stringMatching(/^payload: /) });
});

test("is too_large if that is what one of the checks says", () => {
  expect(refusalOf({ name: 1, body: "huge" })).toMatchObject({
    code: "too_large",
    message: expect.stringContaining("body: is too much"),
  });
});

test("stays short, however much is wrong", () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => [`field-${index}`, 0]);
  const { message } = refusalOf(Object.fromEntries(keys)) as Error;

  expect(message).toContain("field-0");
  expect(message.length).toBeLessThanOrEqual(500);
});
