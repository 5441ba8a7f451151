import type { JsonSchema } from "../contract/json-schema.js";

/** A schema in one line, as people write types: `{room: RoomName, limit?: 1..500}`. */
export function shapeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const choices = schema.anyOf ?? schema.allOf;
  if (choices !== undefined) return choices.map((one) => shapeOf(one as JsonSchema)).join(" | ");
  const types = Array.isArray(schema.type) ? (schema.type as string[]) : [schema.type];
  return types.map((type) => ofType(type, schema)).join(" | ");
}

function ofType(type: string | undefined, schema: JsonSchema): string {
  switch (type) {
    case "object":
      return `{${fieldsOf(schema).join(", ")}}`;
    case "array":
      return `[${shapeOf(schema.items as JsonSchema)}]${upTo(schema.maxItems)}`;
    case "integer":
      return `${schema.minimum}..${schema.maximum === Number.MAX_SAFE_INTEGER ? "" : schema.maximum}`;
    case "string":
      return schema.format === "date-time" ? "time" : `text${upTo(schema.maxLength)}`;
    case undefined:
      return "any JSON";
    default:
      return type;
  }
}

/** Fields of an object, those that may be missing with a question mark. */
export function fieldsOf({ properties = {}, required = [] }: JsonSchema): string[] {
  return Object.entries(properties).map(
    ([name, property]) => `${name}${required.includes(name) ? "" : "?"}: ${shapeOf(property as JsonSchema)}`,
  );
}

function upTo(most: number | undefined): string {
  return most === undefined ? "" : `(≤ ${most})`;
}
