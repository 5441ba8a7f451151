import { GENERATED_BY } from "../contract/about.js";
import { accepted } from "../contract/asyncapi.js";
import type { Emitted } from "../contract/emitted.js";
import { errorBody } from "../contract/error-schema.js";
import type { ClientEvent } from "../contract/event.js";
import type { Declared } from "../contract/feature.js";
import { createSchemaWriter, type JsonSchema, type SchemaWriter } from "../contract/json-schema.js";
import type { Route } from "../contract/route.js";
import { block, type Member, typeOf } from "./typescript.js";

/** client/contract.ts: the types of everything that clients may call, and what they get. Routes of operators and of servers are not for clients. */
export function clientContract(features: readonly Declared[]): string {
  const schemas = createSchemaWriter("draft-2020-12");
  const refusal = typeOf({
    ...{ type: "object", required: ["ok", "error"], additionalProperties: false },
    properties: { ok: { const: false }, error: schemas.onWire(errorBody) },
  });
  const events = features.flatMap((feature) => feature.events ?? []).map((one) => sent(one, schemas));
  const emits = features.flatMap((feature) => feature.emits ?? []).map((one) => received(one, schemas));
  const routes = features
    .flatMap((feature) => feature.routes ?? [])
    .filter(({ access }) => access.kind !== "operator" && access.kind !== "key");
  const methods = methodsOf(routes, schemas);
  return `${[
    `// Generated: ${GENERATED_BY}.`,
    JSON_TYPE,
    `/** What routes and events have in common, by name. */\nexport interface Schemas ${block(named(schemas))}`,
    `/** What an event is acknowledged with when it is refused. Clients go by \`temporary\`: codes may be added. */\nexport type Refusal = ${refusal};`,
    `/** What clients send. Each is acknowledged: that is where a refusal is told. */\nexport interface ClientToServerEvents ${block(events)}`,
    `/** What clients receive. */\nexport interface ServerToClientEvents ${block(emits)}`,
    `/** The routes of the public port, by method and path. */\nexport interface Routes ${block(methods)}`,
    `/** Statuses of replies other than 200 to 299, which stand for errors anywhere else. */\nexport const UNUSUAL_STATUSES: { readonly [route: string]: readonly number[] } = ${unusualStatuses(routes)};`,
  ].join("\n\n")}\n`;
}

/** client/server/contract.ts: the types of what servers may call with a key, operators' routes among it. */
export function serverContract(features: readonly Declared[]): string {
  const schemas = createSchemaWriter("draft-2020-12");
  const routes = features
    .flatMap((feature) => feature.routes ?? [])
    .filter(({ access }) => access.kind === "operator" || access.kind === "key");
  const methods = methodsOf(routes, schemas);
  return `${[
    `// Generated: ${GENERATED_BY}.`,
    JSON_TYPE,
    `/** What routes have in common, by name. */\nexport interface Schemas ${block(named(schemas))}`,
    `/** The routes that take a key, by method and path. */\nexport interface ServerRoutes ${block(methods)}`,
  ].join("\n\n")}\n`;
}

const JSON_TYPE =
  "/** Whatever JSON can say. */\nexport type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };";

function methodsOf(routes: readonly Route[], schemas: SchemaWriter): Member[] {
  return [...new Set(routes.map(({ method }) => method))].sort().map((method) => ({
    name: method,
    type: block(routes.filter((one) => one.method === method).map((one) => routeMember(one, schemas))),
  }));
}

function named({ schemas }: SchemaWriter): Member[] {
  return Object.entries(schemas)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, schema]) => ({ name, type: typeOf(schema), says: schema.description }));
}

function sent({ name, summary, payload, ack }: ClientEvent, schemas: SchemaWriter): Member {
  const answer = `${typeOf(schemas.onWire(accepted(ack)))} | Refusal`;
  const type = `(payload: ${typeOf(schemas.onWire(payload))}, acknowledge: (answer: ${answer}) => void) => void`;
  return { name, says: summary, type };
}

function received({ name, summary, payload }: Emitted, schemas: SchemaWriter): Member {
  return { name, says: summary, type: `(payload: ${typeOf(schemas.onWire(payload))}) => void` };
}

function routeMember({ path, summary, params, query, body, reply }: Route, schemas: SchemaWriter): Member {
  const asked = query === undefined ? undefined : schemas.meant(query);
  const parts: readonly (Member | undefined)[] = [
    params && { name: "params", type: typeOf(schemas.onWire(params)) },
    asked && { name: "query", type: typeOf(asked), isOptional: isOptional(asked) },
    body && { name: "body", type: typeOf(schemas.onWire(body)) },
  ];
  const request = block(parts.filter((part) => part !== undefined));
  const members = [
    { name: "request", type: request },
    { name: "reply", type: typeOf(schemas.onWire(reply)) },
  ];
  return { name: path, says: summary, type: block(members) };
}

function isOptional({ required = [] }: JsonSchema): boolean {
  return required.length === 0;
}

function unusualStatuses(routes: readonly Route[]): string {
  const unusual = routes.flatMap(({ method, path, statuses }) => {
    const others = statuses.filter((status) => status < 200 || status > 299);
    return others.length === 0 ? [] : [[`${method} ${path}`, others] as const];
  });
  return JSON.stringify(Object.fromEntries(unusual));
}
