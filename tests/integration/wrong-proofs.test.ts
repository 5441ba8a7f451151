import * as fc from "fast-check";
import { io, type Socket } from "socket.io-client";
import type { JsonSchema } from "../../src/contract/json-schema.js";
import { makeKey } from "../support/api-keys.js";
import { valid } from "../support/arbitrary-input.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { resolved, type SchemaDocument } from "../support/json-schema.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { type Claims, secretKey, signToken } from "../support/tokens.js";
import { eventually, once } from "../support/wait.js";

// Every entry of docs/entries.md, tried with every kind of proof that is not the right one.

const SECRET = "a secret of more than thirty-two bytes";
const ALL = { "*": ["*"] };
/** A second one that may nothing. */
const KEYS = { all: makeKey("all"), none: makeKey("none", {}) };
/** A page that may use the cookie, one that may not, and what browsers say without an Origin. */
const [APP, EVIL] = ["https://app.example.com", "https://evil.example.com"];
const SILENT: Headers[] = [{}, { "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": "same-site" }];
const nowS = (): number => Math.floor(Date.now() / 1000);
const TRANSPORTS = [["websocket"], ["polling"]];

/** What the documents say of a route or an event. */
interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly body: JsonSchema | undefined;
}

interface Documented {
  readonly "x-access"?: { readonly kind: string };
  readonly action?: string;
  readonly title?: string;
  readonly messages?: readonly JsonSchema[];
  readonly parameters?: readonly JsonSchema[];
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: JsonSchema } };
  };
}

let worker: RunningWorker;
let http: SchemaDocument;
let sockets: SchemaDocument;
let routes: readonly Entry[];
let events: readonly Entry[];

beforeAll(async () => {
  const env = {
    ...{ AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_AUDIENCE: "shoal" },
    ...{ AUTH_COOKIE: "__Host-token", CORS_ORIGIN: APP },
    API_KEYS: JSON.stringify([KEYS.all.entry, KEYS.none.entry]),
  };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  http = (await (await fetch(`${worker.url}/openapi.json`)).json()) as SchemaDocument;
  sockets = (await (await fetch(`${worker.url}/asyncapi.json`)).json()) as SchemaDocument;
  routes = Object.entries(http.paths as Record<string, Record<string, Documented>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, one]) => ({
        ...{ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path },
        kind: one["x-access"]?.kind ?? "",
        body: one.requestBody?.content["application/json"].schema,
      })),
  );
  events = Object.values(sockets.operations as Record<string, Documented>)
    .filter(({ action }) => action === "receive")
    .map(({ title = "", messages = [], ...one }) => ({
      ...{ name: title, method: "", path: "", kind: one["x-access"]?.kind ?? "" },
      body: payloadOf(messages),
    }));
});

function payloadOf(messages: readonly JsonSchema[]): JsonSchema {
  const [message] = messages.map((one) => resolved(one, sockets));
  return (message as unknown as { payload: JsonSchema }).payload;
}

function sampleOf(schema: JsonSchema, document: SchemaDocument): unknown {
  return fc.sample(valid(schema, document), { numRuns: 1, seed: 1 })[0];
}

function token(claims: Claims = {}, secret = SECRET): Promise<string> {
  return signToken(secretKey(secret), { aud: "shoal", caps: ALL, ...claims });
}

type Headers = Readonly<Record<string, string>>;

/** Calls the route with a valid request; gives the status and the code of its error. */
async function call({ method, path, body }: Entry, proof: Headers): Promise<[number, string]> {
  const headers = { "Content-Type": "application/json", "X-User-Id": "ann", ...proof };
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(sampleOf(body, http));
  const response = await fetch(worker.url + path.replaceAll(/\{\w+\}/g, "lobby"), init);
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream"); // it has no end
  const answer = isStream ? response.body?.cancel() : response.json();
  return [response.status, ((await answer) as { error?: { code: string } })?.error?.code ?? "none"];
}

/** Proofs that are not good for anybody, and what each is told. */
async function badTokens(): Promise<[string, string][]> {
  return [
    ["unauthenticated", "x"],
    ["token_expired", await token({ iat: nowS() - 120, exp: nowS() - 60 })],
    ["unauthenticated", await token({ aud: "another" })],
    ["unauthenticated", await token({}, `${SECRET}, another`)],
  ];
}

async function outcomes(
  kind: string,
  proof: string | undefined | Headers,
): Promise<[string, number, string][]> {
  const headers: Headers = typeof proof === "string" ? { Authorization: proof } : (proof ?? {});
  const ofKind = routes.filter((one) => one.kind === kind);
  expect(ofKind).not.toEqual([]);
  return await Promise.all(
    ofKind.map(async (one): Promise<[string, number, string]> => [one.name, ...(await call(one, headers))]),
  );
}

function all(kind: string, status: number, code: string): [string, number, string][] {
  return routes.filter((one) => one.kind === kind).map(({ name }) => [name, status, code]);
}

/** How a handshake with this `auth` is refused; without `data` when it did not come to it. Rejects when it is granted. */
function refusedBy(
  auth: object,
  transports: string[],
  extraHeaders: Headers = {},
): Promise<[Error & { data: { code: string } }]> {
  const socket = io(worker.url, { auth, transports, extraHeaders, forceNew: true, reconnection: false });
  onTestEnd(() => void socket.disconnect());
  const failed = once<[Error & { data: { code: string } }]>(socket, "connect_error");
  const granted = once(socket, "connect").then(() => Promise.reject<never>(new Error("granted")));
  return Promise.race([failed, granted]);
}

test.each(["ruled", "user", "key", "operator"])("there are entries of kind %s to be tried", (kind) => {
  expect([...routes, ...events].filter((one) => one.kind === kind)).not.toEqual([]);
});

test("routes for users want a token that is good", async () => {
  await expect(outcomes("ruled", undefined)).resolves.toEqual(all("ruled", 401, "unauthenticated"));
  for (const [code, text] of await badTokens())
    await expect(outcomes("ruled", `Bearer ${text}`)).resolves.toEqual(all("ruled", 401, code));
  const key = `Bearer ${KEYS.all.key}`;
  await expect(outcomes("ruled", key)).resolves.toEqual(all("ruled", 401, "unauthenticated"));
});

test("a revoked token opens nothing, by route or by handshake", async () => {
  const revoked = await token({ sub: "gone", iat: nowS() - 5 });
  const response = await fetch(`${worker.url}/v1/revocations`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${KEYS.all.key}` },
    body: JSON.stringify({ targets: ["user:gone"] }),
  });
  expect(response.status).toBe(200);
  // Effective when the answer says, which is after it where MongoDB is slow; until then who comes may be let in.
  for (const transports of TRANSPORTS) {
    const [error] = await eventually(() => refusedBy({ token: revoked }, transports));
    expect(error.data.code).toBe("token_revoked");
  }
  await expect(outcomes("ruled", `Bearer ${revoked}`)).resolves.toEqual(all("ruled", 401, "token_revoked"));
});

test("routes for users want a capability", async () => {
  const none = `Bearer ${await token({ caps: {} })}`;
  await expect(outcomes("ruled", none)).resolves.toEqual(all("ruled", 403, "forbidden"));
});

/** A good token, as a browser sends it. */
async function cookie(claims: Claims = {}): Promise<{ Cookie: string }> {
  return { Cookie: `other=1; __Host-token=${await token(claims)}` };
}

test("a cookie changes nothing without an Origin that may use it, and shows no page of another origin anything", async () => {
  const wanted = routes
    .filter(({ kind }) => kind === "ruled")
    // A stream would take a place of the user's.
    .map(({ name, method, path }) =>
      method === "GET" && !path.endsWith("/stream") ? [name, 200, "none"] : [name, 403, "forbidden"],
    );
  const held = await cookie();
  for (const headers of SILENT)
    await expect(outcomes("ruled", { ...held, ...headers })).resolves.toEqual(wanted);
  for (const Origin of [EVIL, "null"])
    await expect(outcomes("ruled", { ...held, Origin })).resolves.toEqual(all("ruled", 403, "forbidden"));
});

test.each(["key", "operator"])("a cookie opens no route for a %s", async (kind) => {
  const held = [await token(), KEYS.all.key].map((text) => ({ Cookie: `__Host-token=${text}`, Origin: APP }));
  for (const headers of held)
    await expect(outcomes(kind, headers)).resolves.toEqual(all(kind, 401, "unauthenticated"));
});

test.each(["key", "operator"])("routes for a %s want a key that is good", async (kind) => {
  await expect(outcomes(kind, undefined)).resolves.toEqual(all(kind, 401, "unauthenticated"));
  const user = await token();
  const bad = [user, `all.${KEYS.none.secret}`, `other.${KEYS.all.secret}`, `${KEYS.all.key}.x`, "all", ""];
  for (const one of bad)
    await expect(outcomes(kind, `Bearer ${one}`)).resolves.toEqual(all(kind, 401, "unauthenticated"));
});

test("an operator's route wants a key that may operate", async () => {
  const none = `Bearer ${KEYS.none.key}`;
  await expect(outcomes("operator", none)).resolves.toEqual(all("operator", 403, "forbidden"));
});

test("a key without the capability changes nothing", async () => {
  for (const [name, status, code] of await outcomes("key", `Bearer ${KEYS.none.key}`)) {
    // A batch is answered for each of its items; a key may ask what it is.
    if (status === 200) expect(`${name}: ${code}`).toMatch(/(publish|broadcast|key).*: none$/);
    else expect([name, status, code]).toEqual([name, 403, "forbidden"]);
  }
  const headers = { Authorization: `Bearer ${await token()}` };
  const response = await fetch(`${worker.url}/rooms/lobby/messages`, { headers });
  expect(await response.json()).toMatchObject({ epoch: null, messages: [] });
});

describe.each(TRANSPORTS)("over %s", (...transports) => {
  const refused = (auth: object) => refusedBy(auth, transports);

  test("nobody comes in without a token that is good, or with a key", async () => {
    const bad = [...(await badTokens()), ["unauthenticated", KEYS.all.key], ["unauthenticated", ""]];
    for (const [code, text] of bad) {
      const [error] = await refused({ token: text });
      expect([text, error.data.code]).toEqual([text, code]);
    }
    const [error] = await refused({ user: "ann" });
    expect(error.data.code).toBe("unauthenticated");
  });

  test("a cookie is taken from pages that may use it, and from nobody else", async () => {
    const held = await cookie({ sub: "cookie|ann" });
    for (const headers of SILENT) {
      const [error] = await refusedBy({}, transports, { ...held, ...headers });
      expect(error.data.code).toBe("forbidden");
    }
    for (const Origin of [EVIL, "null"]) {
      const [error] = await refusedBy({}, transports, { ...held, Origin });
      expect(error.data).toBeUndefined();
    }
    const [error] = await refusedBy({ token: "x" }, transports, { ...held, Origin: APP });
    expect(error.data.code).toBe("unauthenticated");

    // The first request by polling of a page to its own origin has no Origin.
    const own: Headers[] = [{ Origin: APP }, { Origin: worker.url }, { "Sec-Fetch-Site": "same-origin" }];
    for (const headers of own) {
      const extraHeaders = { ...held, ...headers };
      const { socket } = await connectClient(worker.url, { transports, extraHeaders });
      await emitAck(socket, "publish", { room: "cookies", messages: [{ id: crypto.randomUUID(), body: 1 }] });
      const page = await emitAck<{ messages: { from: string }[] }>(socket, "subscribe", { room: "cookies" });
      expect(new Set(page.messages.map(({ from }) => from))).toEqual(new Set(["cookie|ann"]));
    }
  });

  test("who has a token without a capability is refused each event that needs one, and no other", async () => {
    const auth = { token: await token({ caps: {} }) };
    const { socket } = await connectClient(worker.url, { auth, transports });
    for (const one of events) {
      const code = await codeOf(socket, one);
      if (one.kind === "ruled") expect([one.name, code]).toEqual([one.name, "forbidden"]);
      else expect([one.name, code]).not.toEqual([one.name, "forbidden"]);
    }
    expect(socket.connected).toBe(true);
  });
});

async function codeOf(socket: Socket, { name, body }: Entry): Promise<string> {
  const answer = await emitAck<{ ok: boolean; error?: { code: string } }>(
    socket,
    name,
    sampleOf(body ?? {}, sockets),
  ).catch((error: unknown) => ({ ok: false, error: error as { code: string } }));
  return answer.error?.code ?? "ok";
}

test("the right proof is refused by no route", async () => {
  const good = { ruled: await token(), key: KEYS.all.key, operator: KEYS.all.key };
  for (const [kind, proof] of Object.entries(good))
    for (const [name, status] of await outcomes(kind, `Bearer ${proof}`))
      expect([name, [401, 403].includes(status)]).toEqual([name, false]);
});

test("a cookie of the service's own pages, or of listed ones, is as good as its token", async () => {
  for (const Origin of [worker.url, APP]) {
    for (const [name, status] of await outcomes("ruled", { ...(await cookie()), Origin }))
      expect([name, [401, 403].includes(status)]).toEqual([name, false]);
    const expired = { ...(await cookie({ iat: nowS() - 120, exp: nowS() - 60 })), Origin };
    await expect(outcomes("ruled", expired)).resolves.toEqual(all("ruled", 401, "token_expired"));
    const none = { ...(await cookie({ caps: {} })), Origin };
    await expect(outcomes("ruled", none)).resolves.toEqual(all("ruled", 403, "forbidden"));
  }
  const bad = { ...(await cookie()), Origin: APP, Authorization: "Bearer x" };
  await expect(outcomes("ruled", bad)).resolves.toEqual(all("ruled", 401, "unauthenticated"));
});
