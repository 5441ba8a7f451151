import { z } from "zod";

/** A schema as documents have it. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Writes schemas as JSON Schema; those that have an id are written once, under `schemas`, and named everywhere else. */
export interface SchemaWriter {
  /** What is on the wire: a body that clients send, a reply, a payload. */
  onWire(schema: z.ZodType): JsonSchema;
  /** What the texts of a query mean. */
  meant(schema: z.ZodType): JsonSchema;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** Where documents of both kinds keep what is used more than once. */
const SHARED = "#/components/schemas/";

/** OpenAPI 3.1 speaks JSON Schema 2020-12, AsyncAPI 3.0 draft 7. */
export function createSchemaWriter(target: "draft-2020-12" | "draft-07"): SchemaWriter {
  const schemas: Record<string, JsonSchema> = {};

  function write(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const whole = z.toJSONSchema(schema, { target, io, unrepresentable: "any", override: adapt });
    const { $schema: _dialect, $defs = {}, definitions = {}, ...rest } = whole;
    for (const [id, definition] of Object.entries({ ...$defs, ...(definitions as object) })) {
      share(id, pointed(definition as JsonSchema));
    }
    return pointed(rest);
  }

  function share(id: string, definition: JsonSchema): void {
    const { id: _draft7, $id: _draft2020, ...plain } = definition;
    const known = schemas[id];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(plain)) {
      throw new Error(`Two schemas have the id ${id}`);
    }
    schemas[id] = plain;
  }

  return {
    onWire: (schema) => write(schema, "input"),
    // What has a default need not be given.
    meant(schema) {
      const { required, ...output } = write(schema, "output");
      const { required: needed } = write(schema, "input");
      return needed === undefined ? output : { ...output, required: needed };
    },
    schemas,
  };
}

/** A date is a text on the wire. Zod's pattern of one says again, in 400 characters, what its format says. */
function adapt({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  if (zodSchema._zod.def.type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
}

/** With references into the document and not into the schema. */
function pointed(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema).replaceAll(/"#\/(\$defs|definitions)\//g, `"${SHARED}`);
  return JSON.parse(text) as JsonSchema;
}
