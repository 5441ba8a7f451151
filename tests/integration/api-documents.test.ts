import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { PROJECT } from "../support/readme.js";
import { startWorker } from "../support/start-worker.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const PATHS = ["/openapi.json", "/asyncapi.json"];

test("a worker with default limits tells the API as it is committed", async () => {
  const { url } = await startWorker({ mongodbUri: mongo.uriFor() });

  for (const path of PATHS) {
    const response = await fetch(url + path);
    expect(response.headers.get("Content-Type")).toBe("application/json; charset=utf-8");
    expect(await response.json()).toEqual(JSON.parse(readFileSync(join(PROJECT, "docs", path), "utf8")));
  }
  expect((await fetch(`${url}/docs`)).url).toBe(`${url}/docs/`);
});

test("a worker tells its own limits", async () => {
  const env = { MESSAGE_LIMIT_BYTES: "12345", ROOM_PUBLISH_MESSAGES: "7" };
  const { url } = await startWorker({ mongodbUri: mongo.uriFor(), env });

  expect(await (await fetch(`${url}/openapi.json`)).text()).toContain('"x-max-bytes":12345');
  expect(await (await fetch(`${url}/asyncapi.json`)).text()).toContain('"maxItems":7');
});

test.each([
  [{ API_DOCS: "off" }, 404],
  [{ NODE_ENV: "production", AUTH: "none" }, 404],
  [{ NODE_ENV: "production", AUTH: "none", API_DOCS: "on" }, 200],
])("%j decides whether clients are told", async (env, status) => {
  const { url } = await startWorker({ mongodbUri: mongo.uriFor(), env: { ...env, DRAIN_WINDOW_MS: "0" } });

  for (const path of [...PATHS, "/docs/", "/docs/swagger-ui/swagger-ui.css"]) {
    expect([path, (await fetch(url + path)).status]).toEqual([path, status]);
  }
});
