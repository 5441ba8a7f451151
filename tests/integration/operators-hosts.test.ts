import { request } from "node:http";
import { makeKey } from "../support/api-keys.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

// At the private port, which a page of somebody else may reach by a name of its own through an operator's browser.

const admin = makeKey("admin", { "*": ["operate"] });
let open: RunningWorker;
let guarded: RunningWorker;

beforeAll(async () => {
  const mongodbUri = (await startMongo()).uriFor();
  const env = { ALLOWED_HOSTS: "shoal.example.com", ADMIN_HOST: "shoal.internal" };
  open = await startWorker({ mongodbUri, env });
  guarded = await startWorker({ mongodbUri, env: { ...env, API_KEYS: JSON.stringify([admin.entry]) } });
});

/** Status of a question of operators. */
function asked({ adminUrl }: RunningWorker, headers: Readonly<Record<string, string>>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${adminUrl}/connections`, { headers, agent: false });
    outgoing.on("error", reject).on("response", (answer) => resolve(answer.resume().statusCode));
    outgoing.end();
  });
}

test.each([
  ...["127.0.0.1", "127.0.0.1:9464", "[::1]:9464", "10.1.2.3", "localhost:9464", "shoal.localhost"],
  ...["shoal.example.com", "shoal.internal:9464", "SHOAL.internal."],
])("without keys %s is served", async (host) => {
  expect(await asked(open, { host })).toBe(200);
  expect(await asked(open, { host, origin: `http://${host}` })).toBe(200);
});

test.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "x@localhost", "a b"])(
  "without keys %j is not",
  async (host) => expect(await asked(open, { host })).toBe(403),
);

test.each(["http://evil.example", "null", "http://127.0.0.1:8080"])(
  "without keys a page of %s is served nothing, whatever it asks for",
  async (origin) => expect(await asked(open, { host: "127.0.0.1", origin })).toBe(403),
);

test("who has a key is served under any name, and who has none is asked for one", async () => {
  const authorization = `Bearer ${admin.key}`;
  expect(await asked(guarded, { host: "shoal-admin.default.svc", authorization })).toBe(200);
  expect(await asked(guarded, { host: "127.0.0.1" })).toBe(401);
});
