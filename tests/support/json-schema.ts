import type { JsonSchema } from "../../src/contract/json-schema.js";

/** A document whose schemas name each other by `$ref`. */
export type SchemaDocument = Readonly<Record<string, unknown>>;

/** What a reference of the document stands for, if it is one, and one schema of several that all hold. */
export function resolved(schema: JsonSchema, document: SchemaDocument): JsonSchema {
  if (schema.allOf !== undefined) {
    const { allOf, ...rest } = schema;
    return Object.assign(rest, ...allOf.map((one) => resolved(one as JsonSchema, document)));
  }
  if (schema.$ref === undefined) return schema;
  const keys = schema.$ref.slice("#/".length).split("/");
  const target = keys.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);
  return resolved(target as JsonSchema, document);
}

/** The kinds of value that it takes. */
export function typesOf({ type }: JsonSchema): readonly unknown[] {
  return Array.isArray(type) ? type : [type];
}

/** Where a schema takes values of any size, and which bound is missing there; empty when it is bounded throughout. */
export function unbounded(schema: JsonSchema, document: SchemaDocument, path = ""): string[] {
  if (schema.$ref !== undefined) return unbounded(resolved(schema, document), document, path);
  if (schema.const !== undefined || schema.enum !== undefined) return [];
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) {
    return choices.flatMap((one, index) => unbounded(one as JsonSchema, document, `${path}|${index}`));
  }
  return typesOf(schema).flatMap((type) => {
    switch (type) {
      case "boolean":
      case "null":
        return [];
      case "string":
        return isShort(schema) ? [] : [`${path}: no maximum length`];
      case "integer":
      case "number":
        return schema.minimum === undefined || schema.maximum === undefined ? [`${path}: no range`] : [];
      case "array":
        return [
          ...(schema.maxItems === undefined ? [`${path}: no maximum of items`] : []),
          ...unbounded(schema.items as JsonSchema, document, `${path}[]`),
        ];
      case "object":
        return [
          ...(schema.additionalProperties === false ? [] : [`${path}: not strict`]),
          ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
            unbounded(property as JsonSchema, document, `${path}.${name}`),
          ),
        ];
      default:
        return schema["x-max-bytes"] === undefined ? [`${path}: no maximum of bytes`] : [];
    }
  });
}

/** By its length, its format, or a pattern from end to end in which nothing repeats without end. */
function isShort({ maxLength, format, pattern = "" }: JsonSchema): boolean {
  const endless = /(?<!\\)[*+]|\{\d+,\}/;
  return (
    maxLength !== undefined ||
    format === "date-time" ||
    (pattern.startsWith("^") && pattern.endsWith("$") && !endless.test(pattern.replaceAll(/\[[^\]]*\]/g, "")))
  );
}
