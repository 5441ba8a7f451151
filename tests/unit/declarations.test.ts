import mongoose from "mongoose";
import { z } from "zod";
import { features } from "../../src/app/features.js";
import { createSchemaWriter } from "../../src/contract/json-schema.js";
import { outline } from "../../src/contract/outline.js";
import { readConfig } from "../../src/engine/config/config.js";
import { inputLimitsOf } from "../../src/engine/worker/input-limits.js";
import { unbounded } from "../support/json-schema.js";
import { sourceFiles } from "../support/source-files.js";

const config = readConfig({});
const declared = outline(features, inputLimitsOf(config), mongoose.createConnection(), config.settings);
const routes = declared.flatMap((feature) => feature.routes ?? []);
const events = declared.flatMap((feature) => feature.events ?? []);
const emits = declared.flatMap((feature) => feature.emits ?? []);
const named = [
  ...routes.map((route) => ({ ...route, name: `${route.method} ${route.path}` })),
  ...events.map((event) => ({ ...event, name: `event ${event.name}` })),
  ...emits.map((event) => ({ ...event, name: `emitted ${event.name}` })),
];

/** Every schema of the declarations, by where it stands. */
const schemas: [where: string, schema: z.ZodType][] = [
  ...routes.flatMap((route) =>
    (["params", "query", "body", "reply"] as const).flatMap((part): [string, z.ZodType][] => {
      const schema = route[part];
      return schema === undefined ? [] : [[`${route.method} ${route.path} ${part}`, schema]];
    }),
  ),
  ...events.flatMap((event): [string, z.ZodType][] => [
    [`event ${event.name} payload`, event.payload],
    [`event ${event.name} acknowledgement`, event.ack],
  ]),
  ...emits.map((event): [string, z.ZodType] => [`emitted ${event.name}`, event.payload]),
];

function problemsOf(schema: z.ZodType): string[] {
  const writer = createSchemaWriter("draft-2020-12");
  const written = writer.onWire(schema);
  return unbounded(written, { components: { schemas: writer.schemas } });
}

test.each(named)("$name says what it does in a sentence", ({ summary }) => {
  expect(summary).toMatch(/^[A-Z].{4,}\.$/);
});

test.each(named.flatMap((one) => ("access" in one ? [one] : [])))(
  "$name says who may call it",
  ({ access }) => {
    expect(["anyone", "user", "operator", "ruled", "key"]).toContain(access.kind);
    if (access.kind === "ruled" || access.kind === "key") expect(access.operations.length).toBeGreaterThan(0);
  },
);

test("no two declarations have one name", () => {
  const names = named.map(({ name }) => name);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test.each(schemas)("%s is bounded throughout", (_where, schema) => {
  expect(problemsOf(schema)).toEqual([]);
});

test("a route describes every name of its path, and no other", () => {
  for (const { path, params } of routes) {
    const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const { properties = {} } = params === undefined ? {} : createSchemaWriter("draft-07").onWire(params);
    expect([path, Object.keys(properties)]).toEqual([path, inPath]);
  }
});

test.each([
  ["a text", z.strictObject({ a: z.string() }), ".a: no maximum length"],
  ["a text whose pattern repeats", z.strictObject({ a: z.string().regex(/^x+$/) }), ".a: no maximum length"],
  ["a text whose pattern is open", z.strictObject({ a: z.string().regex(/^x/) }), ".a: no maximum length"],
  ["a list", z.strictObject({ a: z.array(z.boolean()) }), ".a: no maximum of items"],
  ["an open object", z.strictObject({ a: z.looseObject({}) }), ".a: not strict"],
  ["an open list inside", z.strictObject({ a: z.array(z.string()).max(3) }), ".a[]: no maximum length"],
  ["a number", z.strictObject({ a: z.number() }), ".a: no range"],
  ["anything", z.strictObject({ a: z.unknown() }), ".a: no maximum of bytes"],
  [
    "a choice",
    z.strictObject({ a: z.union([z.array(z.int()).max(1), z.string()]) }),
    ".a|1: no maximum length",
  ],
])("a schema is told that takes %s without end", (_what, schema, problem) => {
  expect(problemsOf(schema)).toEqual([problem]);
});

// What else would be a way in: tests/integration/ways-in.test.ts tries from outside.
test("only the declarations and the static files give Express an address", () => {
  const adding = /\.(?:use|get|post|put|patch|delete|head|options|all|route)\(\s*\[?\s*["'`](\/[^"'`]*)/g;
  const addresses = sourceFiles()
    .filter(({ name }) => name.startsWith("engine/http/"))
    .flatMap(({ name, text }) => [...text.matchAll(adding)].map(([, path]) => `${name}: ${path}`));

  expect(addresses.toSorted()).toEqual([
    "engine/http/app: /client",
    "engine/http/app: /docs",
    "engine/http/docs-page: /swagger-ui",
  ]);
});

test("only what the dispatch and the connection's end need listens to a client's socket", () => {
  const listening = /\bsocket\.(?:on|once|onAny|prependAny)\((?:"([\w ]+)")?/g;
  const events = sourceFiles()
    .filter(({ name }) => name.startsWith("engine/realtime/") || name.startsWith("app/"))
    .flatMap(({ name, text }) =>
      [...text.matchAll(listening)].map(([, event]) => `${name}: ${event ?? "any"}`),
    );

  expect(events.toSorted()).toEqual([
    "engine/realtime/connections/door-rules: disconnect",
    "engine/realtime/dispatch: any",
    "engine/realtime/realtime: disconnect",
  ]);
});
