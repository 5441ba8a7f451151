import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonSchema } from "../../src/contract/json-schema.js";
import type { SchemaDocument } from "./json-schema.js";

const FORMATS = { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) };

/** Says what is wrong with a value by a schema of the document; undefined when nothing is. */
export type Judge = (schema: JsonSchema, value: unknown) => string | undefined;

/** Of an OpenAPI 3.1 document. */
export function judgeOfOpenapi(document: SchemaDocument): Judge {
  return judgeBy(new Ajv2020({ strict: false, formats: FORMATS }), document);
}

/** Of an AsyncAPI 3.0 document. */
export function judgeOfAsyncapi(document: SchemaDocument): Judge {
  return judgeBy(new Ajv({ strict: false, formats: FORMATS }), document);
}

function judgeBy(ajv: Ajv, { components }: SchemaDocument): Judge {
  const compiled = new Map<JsonSchema, ValidateFunction>();
  return (schema, value) => {
    // References lead from the schema's root to what the document's components are.
    const validate = compiled.get(schema) ?? ajv.compile({ ...schema, components });
    compiled.set(schema, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}
