import * as fc from "fast-check";
import type { JsonSchema } from "../../src/contract/json-schema.js";
import { type Judge, judgeOfOpenapi } from "../support/api-documents.js";
import { makeKey } from "../support/api-keys.js";
import { nearlyValid, valid } from "../support/arbitrary-input.js";
import { resolved, type SchemaDocument } from "../support/json-schema.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

/** One route of the document. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly "x-access": { readonly kind: string };
  readonly parameters: readonly JsonSchema[];
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, JsonSchema>>;
}

interface Content {
  readonly "application/json": { readonly schema: JsonSchema };
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

interface Request {
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const SEED = 20_261_128;
const RUNS = 80;

/** May do everything. */
const key = makeKey("all");

let worker: RunningWorker;
let document: SchemaDocument;
let operations: readonly Operation[];
let judge: Judge;

beforeAll(async () => {
  const env = {
    BODY_LIMIT_BYTES: "2000",
    MESSAGE_LIMIT_BYTES: "500",
    API_KEYS: JSON.stringify([key.entry]),
  };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  document = (await (await fetch(`${worker.url}/openapi.json`)).json()) as SchemaDocument;
  const paths = document.paths as Record<string, Record<string, Operation>>;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
    })),
  );
  judge = judgeOfOpenapi(document);
});

/** Text as it stands in an address. What names no segment, or another one, is no request for this route. */
const segment = (value: unknown) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return ["", ".", ".."].includes(text) ? "x" : encodeURIComponent(Buffer.from(text).toString());
};

/** Valid most of the time, as a request has several parts and one that is wrong is enough. */
const mostly = (schema: JsonSchema) =>
  fc.oneof(
    { weight: 3, arbitrary: valid(schema, document) },
    { arbitrary: nearlyValid(schema, document), weight: 1 },
  );

function requestOf(operation: Operation): fc.Arbitrary<Request> {
  const all = operation.parameters.map((one) => resolved(one, document) as unknown as Parameter);
  const path = operation.path.split("/").map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const schema = all.find((one) => one.in === "path" && one.name === name)?.schema;
    if (schema === undefined) return fc.constant(part);
    return fc.oneof(
      { weight: 9, arbitrary: mostly(schema).map(segment) },
      { weight: 1, arbitrary: fc.constantFrom("%00", "%E0%A4%A", "a%2Fb", "%2e%2e%2f", "a;b", "%") },
    );
  });
  const query = all
    .filter((one) => one.in === "query")
    .map(({ name, schema }) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant("") },
        { weight: 3, arbitrary: mostly(schema).map((value) => `${name}=${segment(value)}`) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(`${name}=`, `${name}[a]=1`, `${name}=1&${name}=2`, "other=1"),
        },
      ),
    );
  const isUsers = all.some((one) => one.in === "header");
  const isKeys = operation.security?.some((one) => "ServerKey" in one) === true;
  return fc.record({
    path: fc.tuple(...path).map((parts) => parts.join("/")),
    query: fc.tuple(...query).map((parts) => parts.filter((part) => part !== "").join("&")),
    headers: fc
      .tuple(
        fc.oneof(
          { weight: 8, arbitrary: fc.constant({ "X-User-Id": "ann" }) },
          {
            weight: 1,
            arbitrary: fc.constantFrom({}, { "X-User-Id": "a b" }, { "X-User-Id": "x".repeat(65) }),
          },
        ),
        fc.oneof(
          { weight: 8, arbitrary: fc.constant({ "Content-Type": "application/json" }) },
          { weight: 1, arbitrary: fc.constantFrom(...OTHER_TYPES) },
        ),
        fc.oneof(
          { weight: 8, arbitrary: fc.constant({ Authorization: `Bearer ${key.key}` }) },
          { weight: 1, arbitrary: fc.constantFrom({}, ...OTHER_CREDENTIALS) },
        ),
      )
      .map(([user, type, credential]) => ({
        ...(isUsers ? user : {}),
        ...type,
        ...(isKeys ? credential : {}),
      })),
    body: bodyOf(operation),
  });
}

const OTHER_CREDENTIALS = [
  { Authorization: `Bearer ${key.key}.x` },
  { Authorization: `Bearer ${key.secret}` },
  { Authorization: "Basic YTpi" },
];

const OTHER_TYPES = [
  { "Content-Type": "text/plain" },
  { "Content-Type": "application/json; charset=klingon" },
  { "Content-Type": "application/json", "Content-Encoding": "gzip" },
];

function bodyOf({ method, requestBody }: Operation): fc.Arbitrary<string | undefined> {
  if (method === "GET") return fc.constant(undefined); // `fetch` sends none
  const schema = requestBody?.content["application/json"].schema ?? {};
  return fc.oneof(
    { weight: 8, arbitrary: mostly(schema).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom("", "{", "[]", "nonsense", '"text"', `"${"x".repeat(2100)}"`) },
  );
}

async function problemWith(
  operation: Operation,
  request: Request,
  seen: Set<number>,
): Promise<string | undefined> {
  const { path, query, headers, body } = request;
  const base = operation["x-access"].kind === "operator" ? worker.adminUrl : worker.url;
  const init = { method: operation.method, headers, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`${base}${path}${query === "" ? "" : `?${query}`}`, init);
  seen.add(response.status);
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith("text/event-stream")) {
    await response.body?.cancel(); // it has no end
    const stream = operation.responses[response.status] as { content?: object } | undefined;
    return "text/event-stream" in (stream?.content ?? {}) ? undefined : "a stream that is not documented";
  }
  const answer = (await response.json()) as { error?: { retryAfterMs?: number } };
  const documented = operation.responses[response.status];
  if (documented === undefined) return `status ${response.status}: ${JSON.stringify(answer)}`;
  if (!response.headers.has("X-Request-Id")) return "no X-Request-Id";
  const retryAfter = answer.error?.retryAfterMs;
  const said = retryAfter === undefined ? null : String(Math.ceil(retryAfter / 1000));
  if (response.headers.get("Retry-After") !== said)
    return `Retry-After: ${response.headers.get("Retry-After")}`;
  const { content } = resolved(documented, document) as unknown as { content: Content };
  const problem = judge(content["application/json"].schema, answer);
  return problem === undefined ? undefined : `${response.status} ${problem}: ${JSON.stringify(answer)}`;
}

test("whatever a request is, its answer is one that the document has", async () => {
  expect(operations.length).toBeGreaterThan(5);
  const tried: boolean[] = [];
  for (const operation of operations) {
    const seen = new Set<number>();
    const property = fc.asyncProperty(requestOf(operation), async (request) => {
      expect(await problemWith(operation, request, seen)).toBeUndefined();
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });

    tried.push([...seen].some((status) => status < 300));
  }
  // What is only ever refused would not have been tried; some may refuse all that is made up.
  expect(tried.filter(Boolean).length).toBeGreaterThan(tried.length / 2);
});

test("and nothing went wrong on our side", async () => {
  expect(worker.logs.filter(({ fields }) => ["error", "fatal"].includes(String(fields?.level)))).toEqual([]);
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
});
