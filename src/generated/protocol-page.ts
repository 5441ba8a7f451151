import { GENERATED_BY } from "../contract/about.js";
import type { Emitted } from "../contract/emitted.js";
import { ERROR_CODES, errorBody, errorsOfEvent, errorsOfRoute } from "../contract/error-schema.js";
import { ERRORS, type ErrorCode } from "../contract/errors.js";
import type { ClientEvent } from "../contract/event.js";
import type { Declared } from "../contract/feature.js";
import { accessInWords } from "../contract/in-words.js";
import { createSchemaWriter, type SchemaWriter } from "../contract/json-schema.js";
import type { Route } from "../contract/route.js";
import type { Stream } from "../contract/stream.js";
import { code, page, table } from "./markdown.js";
import { fieldsOf, shapeOf } from "./shape.js";

const INTRODUCTION = `Routes, events and errors, as the features declare them. [client.md](client.md) says what all of them have in common and how a client
uses them. For programs the same is in [openapi.json](openapi.json) (OpenAPI 3.1) and [asyncapi.json](asyncapi.json) (AsyncAPI 3.0). A server has them
at \`/openapi.json\` and \`/asyncapi.json\` with its own limits, and shows them at \`/docs\`, where \`API_DOCS\` of [configuration.md](configuration.md)
is \`on\`. Limits in these tables are those of a default configuration.`;

const PRIVATE_PORT = `Operators ask on \`ADMIN_PORT\`, which is not for clients; the public port does not know these addresses. \`/livez\`, \`/readyz\` and
\`/metrics\` are there, too: see [runbook.md](runbook.md).`;

const STREAMS = `A stream is asked for with GET and answered with server-sent events (HTML standard, section 9.2), which \`curl -N\` shows as they come. A client
that comes back sends the id of its last event as \`Last-Event-ID\`, as browsers do by themselves. A stream that ends for a reason tells it by the event
\`closed\`, whose data is an error. See [client.md](client.md#streams).`;

const NOTATION = `\`name?\` may be missing; \`1..500\` is a whole number from 1 to 500, \`0..\` one up to 2^53 − 1; \`[Type](≤ 9)\` is a list of at most nine;
\`text(≤ 9)\` has at most nine characters; \`time\` is ISO 8601 in UTC.`;

/** docs/protocol.md: everything that clients and operators may call, and what they get. */
export function protocolPage(features: readonly Declared[]): string {
  const schemas = createSchemaWriter("draft-2020-12");
  schemas.onWire(errorBody);
  const routes = features.flatMap((feature) => feature.routes ?? []);
  const streams = features.flatMap((feature) => feature.streams ?? []);
  const events = features.flatMap((feature) => feature.events ?? []);
  const emits = features.flatMap((feature) => feature.emits ?? []);
  const isPrivate = ({ access }: Route) => access.kind === "operator";
  const usual = {
    // Those that read no body, or are asked by operators, give fewer.
    routes: common(routes.filter((route) => !route.anyHost && !isPrivate(route)).map(errorsOfRoute)),
    events: common(events.map(errorsOfEvent)),
  };
  return page("The protocol", GENERATED_BY, [
    INTRODUCTION,
    "## HTTP",
    routeTable(
      routes.filter((route) => !isPrivate(route)),
      schemas,
      usual.routes,
    ),
    "### Streams",
    STREAMS,
    streamTable(streams, schemas, usual.routes),
    "### On the private port",
    PRIVATE_PORT,
    routeTable(routes.filter(isPrivate), schemas, usual.routes),
    "## Events",
    "### Events that clients send",
    eventTable(events, schemas, usual.events),
    "### Events that clients receive",
    emittedTable(emits, schemas),
    "## Errors",
    errorTable(),
    `An address where nothing is answers ${code("not_found")}, and one that does not take the method ${code("method_not_allowed")}; an event that nobody declares is acknowledged with ${code("unknown_event")}. Routes may give ${listOf(usual.routes)}, events ${listOf(usual.events)}, and what their tables name.`,
    "## Types",
    NOTATION,
    typeTable(schemas),
  ]);
}

function routeTable(routes: readonly Route[], schemas: SchemaWriter, usual: readonly ErrorCode[]): string {
  return table(
    ["request", "open to", "what it does", "query", "body", "reply", "errors of its own"],
    routes.map((route) => [
      code(`${route.method} ${route.path}`),
      accessInWords(route.access),
      route.summary,
      route.query === undefined ? "" : fieldsOf(schemas.meant(route.query)).map(code).join(", "),
      route.body === undefined ? "" : code(shapeOf(schemas.onWire(route.body))),
      `${statusesOf(route)}${code(shapeOf(schemas.onWire(route.reply)))}`,
      listOf(errorsOfRoute(route).filter((one) => !usual.includes(one))),
    ]),
  );
}

function streamTable(streams: readonly Stream[], schemas: SchemaWriter, usual: readonly ErrorCode[]): string {
  return table(
    ["request", "open to", "what it does", "query", "events and their data", "errors of its own"],
    streams.map((stream) => [
      code(`GET ${stream.path}`),
      accessInWords(stream.access),
      stream.summary,
      fieldsOf(schemas.meant(stream.query)).map(code).join(", "),
      Object.entries(stream.events)
        .map(([name, data]) => `${code(name)}: ${code(shapeOf(schemas.onWire(data)))}`)
        .join(", "),
      listOf(errorsOfRoute(stream).filter((one) => !usual.includes(one))),
    ]),
  );
}

/** Nothing where 200 is all. */
function statusesOf({ statuses }: Route): string {
  return statuses.join() === "200" ? "" : `${statuses.join(" or ")}: `;
}

function eventTable(
  events: readonly ClientEvent[],
  schemas: SchemaWriter,
  usual: readonly ErrorCode[],
): string {
  return table(
    ["event", "open to", "what it does", "payload", "acknowledgement, besides `ok`", "errors of its own"],
    events.map((event) => [
      code(event.name),
      accessInWords(event.access),
      event.summary,
      code(shapeOf(schemas.onWire(event.payload))),
      code(shapeOf(schemas.onWire(event.ack))),
      listOf(errorsOfEvent(event).filter((one) => !usual.includes(one))),
    ]),
  );
}

function emittedTable(emits: readonly Emitted[], schemas: SchemaWriter): string {
  return table(
    ["event", "when", "payload"],
    emits.map(({ name, summary, payload }) => [code(name), summary, code(shapeOf(schemas.onWire(payload)))]),
  );
}

function errorTable(): string {
  return table(
    ["code", "status", "`temporary`", "meaning"],
    ERROR_CODES.map((one) => {
      const { status, temporary, message } = ERRORS[one];
      return [code(one), String(status), temporary ? "yes" : "no", message];
    }),
  );
}

function typeTable({ schemas }: SchemaWriter): string {
  const byName = Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1));
  return table(
    ["type", "form", "meaning"],
    byName.map(([name, schema]) => [code(name), code(shapeOf(schema)), schema.description ?? ""]),
  );
}

/** The errors that all may give. */
function common(all: readonly (readonly ErrorCode[])[]): ErrorCode[] {
  return ERROR_CODES.filter((one) => all.every((codes) => codes.includes(one)));
}

function listOf(codes: readonly ErrorCode[]): string {
  return codes.map(code).join(", ");
}
