import { z } from "zod";
import { AppError } from "./errors.js";

/** Marks an issue of a custom check that means `too_large` rather than `invalid`. */
export const TOO_LARGE = { tooLarge: true } as const;

/** What a handler has of a part that its declaration does not have. The compiler shows the name to whoever looks there. */
export interface NotDeclared {
  readonly declared?: never;
}

/** A number in a query, as JSON writes a whole one: digits alone, so that HTTP takes what sockets take, and nothing else. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string(message)
    .regex(/^(0|[1-9]\d{0,15})$/, message)
    .transform(Number)
    .pipe(z.int(message).min(min, message).max(max, message));
}

/** A message names fields that a client has named; it must not grow with them. */
const MESSAGE_CHARACTERS = 400;

/**
 * The value as the schema describes it.
 * @throws {AppError} `invalid` or `too_large`, naming the fields that are wrong but none of their values.
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const tooLarge = issues.some((issue) => issue.code === "custom" && issue.params?.tooLarge === true);
  const problems = issues.map((issue) => `${issue.path.join(".") || "payload"}: ${issue.message}`);
  throw new AppError(tooLarge ? "too_large" : "invalid", problems.join("; ").slice(0, MESSAGE_CHARACTERS));
}
