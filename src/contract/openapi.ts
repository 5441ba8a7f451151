import { z } from "zod";
import { ABOUT, GENERATED_BY } from "./about.js";
import type { Access } from "./access.js";
import { errorBody, errorsOfRoute, errorWith } from "./error-schema.js";
import { AppError, ERRORS, type ErrorCode } from "./errors.js";
import type { Declared } from "./feature.js";
import { accessAsData, accessSentence, errorsInWords } from "./in-words.js";
import { createSchemaWriter, type JsonSchema, type SchemaWriter } from "./json-schema.js";
import { userId } from "./room-schemas.js";
import type { Route } from "./route.js";
import type { Stream } from "./stream.js";

const DESCRIPTION = `Routes of the public port, and of the private port, which is for operators.

Bodies are JSON in UTF-8. Whatever goes wrong is answered as \`{"error": {"code", "message", "temporary", "retryAfterMs"?}}\`; clients go
by \`temporary\` and need no list of codes, which may grow. \`Retry-After\` says the same as \`retryAfterMs\`, in seconds. An address where nothing is answers 404
\`not_found\`, and one that does not take the method 405 \`method_not_allowed\` with \`Allow\`. HEAD is answered like GET. Every response
carries \`X-Request-Id\`: the request's own, or a new one. Events and their acknowledgements are in the AsyncAPI document.`;

const PUBLIC_SERVER = { url: "/", description: "Public port (`PORT`)" };
const PRIVATE_SERVER = {
  url: "http://{host}:{port}",
  description: "Private port (`ADMIN_HOST`, `ADMIN_PORT`): for operators, not for clients",
  variables: { host: { default: "localhost" }, port: { default: "9464" } },
};

/** The routes of these features as an OpenAPI 3.1 document. */
export function openapi(features: readonly Declared[]): object {
  const schemas = createSchemaWriter("draft-2020-12");
  const shared: Shared = { schemas, error: schemas.onWire(errorBody), refusals: {} };
  const user = schemas.onWire(userId);
  const paths: Record<string, Record<string, object>> = {};
  for (const { name, routes = [], streams = [] } of features) {
    for (const one of [...routes, ...streams]) {
      const path = one.path.replaceAll(/:(\w+)/g, "{$1}");
      paths[path] = { ...paths[path], [one.method.toLowerCase()]: operation(name, one, shared) };
    }
  }
  const tags = features.filter(({ routes = [] }) => routes.length > 0).map(({ name }) => ({ name }));
  return {
    openapi: "3.1.1",
    "x-generated": GENERATED_BY,
    info: { ...ABOUT, description: DESCRIPTION },
    servers: [PUBLIC_SERVER],
    tags,
    paths: sorted(paths),
    components: {
      securitySchemes: {
        ServerKey: {
          ...{ type: "http", scheme: "bearer", bearerFormat: "kid.secret" },
          description: "A key of the server API, from `API_KEYS`; a user's token is none",
        },
      },
      schemas: sorted(schemas.schemas),
      responses: sorted(shared.refusals),
      parameters: {
        User: {
          ...{ name: "X-User-Id", in: "header", required: true, schema: user },
          description: "Whom the request speaks for: the same id as `auth.user` of a Socket.IO handshake",
        },
      },
      headers: {
        "X-Request-Id": {
          description: "Names the request in the server's log",
          schema: { type: "string", maxLength: 128 },
        },
        "Retry-After": {
          description: "Seconds after which to ask again",
          schema: { type: "integer", minimum: 0 },
        },
      },
    },
  };
}

/** What is said once for all routes. */
interface Shared {
  readonly schemas: SchemaWriter;
  readonly error: JsonSchema;
  /** Responses that stand for errors, by status and codes. */
  readonly refusals: Record<string, object>;
}

function operation(tag: string, route: Route | Stream, shared: Shared): object {
  const { schemas } = shared;
  const { method, path, summary, access } = route;
  const speaksForUser = access.kind === "user" || access.kind === "ruled";
  return {
    operationId: [method.toLowerCase(), ...(path.match(/\w+/g) ?? [])]
      .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
      .join(""),
    tags: [tag],
    summary,
    description: accessSentence(access),
    "x-access": accessAsData(access),
    ...securityOf(access),
    parameters: [
      ...(route.params === undefined ? [] : parameters("path", schemas.onWire(route.params))),
      ...(route.query === undefined ? [] : parameters("query", schemas.meant(route.query))),
      ...(speaksForUser ? [{ $ref: "#/components/parameters/User" }] : []),
      ...("events" in route ? [LAST_EVENT_ID] : []),
    ],
    ...("body" in route && route.body !== undefined
      ? { requestBody: { required: true, content: json(schemas.onWire(route.body)) } }
      : {}),
    responses: "events" in route ? responsesOfStream(route, shared) : responses(route, shared),
  };
}

const LAST_EVENT_ID = {
  ...{ name: "Last-Event-ID", in: "header", required: false, schema: { type: "string" } },
  description: "The id of the last event that the client has had: it goes on behind that one",
};

/** By what it is reached, where that is a key. */
function securityOf({ kind }: Access): object {
  if (kind === "key") return { security: [{ ServerKey: [] }] };
  // Without one while none is configured.
  if (kind === "operator")
    return { servers: [PRIVATE_SERVER, PUBLIC_SERVER], security: [{ ServerKey: [] }, {}] };
  return {};
}

function parameters(place: "path" | "query", { properties = {}, required = [] }: JsonSchema): object[] {
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as JsonSchema;
    const isRequired = place === "path" || required.includes(name);
    return {
      ...{ name, in: place, required: isRequired },
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

/** The data of its events, which OpenAPI 3.1 has no place of their own for, and the errors. */
function responsesOfStream(stream: Stream, shared: Shared): object {
  const { schemas } = shared;
  const events = Object.entries(stream.events).map(([name, data]) => [name, schemas.onWire(data)] as const);
  const content = {
    "text/event-stream": { schema: { type: "string" }, "x-events": Object.fromEntries(events) },
  };
  const reply = { description: "The events, with their data as JSON.", headers: headersOf([]), content };
  return { 200: reply, ...responses({ ...stream, statuses: [], reply: z.undefined() }, shared) };
}

/** The reply and the errors, by status; a status may stand for both. Those that stand for errors alone are shared. */
function responses(
  route: Pick<Route, "access" | "anyHost" | "errors" | "statuses" | "reply">,
  { schemas, error, refusals }: Shared,
): object {
  const all: Record<string, object> = {};
  for (const status of route.statuses) all[status] = replyOf(schemas.onWire(route.reply));
  for (const [status, codes] of byStatus(errorsOfRoute(route))) {
    const refusal = refusalOf(codes, error);
    if (route.statuses.includes(status)) {
      all[status] = replyOf({ anyOf: [schemas.onWire(route.reply), refusal] }, codes);
      continue;
    }
    const key = [status, ...codes].join(".");
    refusals[key] = {
      ...{ description: errorsInWords(codes), headers: headersOf(codes) },
      content: { "application/json": { schema: refusal, examples: examplesOf(codes) } },
    };
    all[status] = { $ref: `#/components/responses/${key}` };
  }
  return all;
}

function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const all = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    all.set(status, [...(all.get(status) ?? []), code]);
  }
  return all;
}

function replyOf(schema: JsonSchema, codes: readonly ErrorCode[] = []): object {
  const or = codes.length === 0 ? "" : ` Or an error:\n\n${errorsInWords(codes)}`;
  return { description: `The reply.${or}`, headers: headersOf(codes), content: json(schema) };
}

function refusalOf(codes: readonly ErrorCode[], error: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: { error: errorWith(codes, error) },
    required: ["error"],
    additionalProperties: false,
  };
}

function examplesOf(codes: readonly ErrorCode[]): object {
  return Object.fromEntries(codes.map((code) => [code, { value: { error: new AppError(code).body } }]));
}

function headersOf(codes: readonly ErrorCode[]): object {
  const names = ["X-Request-Id", ...(codes.includes("temporary") ? ["Retry-After"] : [])];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function json(schema: JsonSchema): object {
  return { "application/json": { schema } };
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
