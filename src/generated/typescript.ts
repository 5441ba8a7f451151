import type { JsonSchema } from "../contract/json-schema.js";

/** A member of a type: its name, its type, and what is said of it. */
export interface Member {
  readonly name: string;
  readonly type: string;
  readonly isOptional?: boolean;
  readonly says?: string | undefined;
}

/**
 * A schema as a TypeScript type. Types cannot say bounds and patterns; the server checks them.
 * @throws {Error} for a schema that has no such form.
 */
export function typeOf(schema: JsonSchema): string {
  const { $ref, const: only, enum: values, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return `Schemas[${JSON.stringify($ref.split("/").at(-1))}]`;
  if (only !== undefined) return JSON.stringify(only);
  if (values !== undefined) return either(values.map((one) => JSON.stringify(one)));
  const choices = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined;
  if (choices !== undefined) return either(choices.map(typeOf));
  if (allOf !== undefined) return allOf.map((one) => `(${typeOf(one as JsonSchema)})`).join(" & ");
  if (Array.isArray(type)) return either((type as string[]).map((one) => ofType(one, schema)));
  return ofType(type, schema);
}

function either(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}

function ofType(type: string | undefined, schema: JsonSchema): string {
  switch (type) {
    case "object":
      return ofObject(schema);
    case "array":
      return ofArray(schema);
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return type;
    case undefined:
      if (schema.not === undefined) return "Json";
  }
  throw new Error(`There is no TypeScript type for ${JSON.stringify(schema)}`);
}

function ofObject({ properties = {}, required = [], additionalProperties = false }: JsonSchema): string {
  const members = Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeOf(property as JsonSchema),
    isOptional: !required.includes(name),
    says: (property as JsonSchema).description,
  }));
  if (additionalProperties === false) return block(members);
  const other = additionalProperties === true ? "Json" : typeOf(additionalProperties as JsonSchema);
  const others = `{ readonly [name: string]: ${members.length === 0 ? other : "unknown"} }`;
  return members.length === 0 ? others : `${block(members)} & ${others}`;
}

function ofArray({ prefixItems, items }: JsonSchema): string {
  if (prefixItems === undefined) return `ReadonlyArray<${typeOf((items ?? {}) as JsonSchema)}>`;
  const rest = items === undefined ? [] : [`...ReadonlyArray<${typeOf(items as JsonSchema)}>`];
  return `readonly [${[...prefixItems.map((one) => typeOf(one as JsonSchema)), ...rest].join(", ")}]`;
}

/** An object type, a member a line. */
export function block(members: readonly Member[]): string {
  if (members.length === 0) return "{}";
  const lines = members.flatMap(({ name, type, isOptional = false, says }) => [
    ...(says === undefined ? [] : [`/** ${says.replaceAll("*/", "*\\/")} */`]),
    `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${isOptional ? "?" : ""}: ${type};`,
  ]);
  return `{\n${lines.join("\n").replaceAll(/^(?=.)/gm, "  ")}\n}`;
}
