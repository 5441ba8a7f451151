import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor() });
});

const greet = (name: unknown, type = "application/json") =>
  fetch(`${worker.url}/hello`, {
    method: "POST",
    headers: { "Content-Type": type },
    body: JSON.stringify({ name }),
  });

test("GET /hello greets", async () => {
  const response = await fetch(`${worker.url}/hello`);

  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("application/json; charset=utf-8");
  await expect(response.json()).resolves.toEqual({ message: "Hello from Shoal" });
});

test.each(["Ada", " Ada ", "Зоя 🐟"])("POST /hello greets by name: %p", async (name) => {
  const response = await greet(name);

  expect(response.status).toBe(200);
  await expect(response.json()).resolves.toEqual({ message: `Hello, ${name.trim()}` });
});

test("a body may name its charset", async () => {
  expect((await greet("Zoë", "application/json; charset=utf-8")).status).toBe(200);
});

test.each([
  ["empty", " "],
  ["too long", "x".repeat(101)],
  ["no text", 7],
  ["missing", undefined],
])("a name that is %s is refused", async (_what, name) => {
  const response = await greet(name);

  expect(response.status).toBe(400);
  await expect(response.json()).resolves.toMatchObject({ error: { code: "invalid" } });
});

test("the page at / is the one that is shipped, under a policy that runs only its own scripts", async () => {
  const response = await fetch(worker.url);

  expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("Content-Security-Policy")).toContain("script-src 'self';");
  await expect(response.text()).resolves.toBe(
    await readFile(new URL("../../public/index.html", import.meta.url), "utf8"),
  );
});

test("the client of Socket.IO is served where its users look for it", async () => {
  const response = await fetch(`${worker.url}/socket.io/socket.io.js`);

  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toContain("javascript");
});

test("files are compressed and need not be sent twice; answers are not compressed", async () => {
  const headers = { "Accept-Encoding": "br, gzip" };
  const style = await fetch(`${worker.url}/style.css`, { headers });
  expect(style.headers.get("Content-Encoding")).toBe("br");
  await expect(style.text()).resolves.toBe(
    await readFile(new URL("../../public/style.css", import.meta.url), "utf8"),
  );
  const known = { ...headers, "If-None-Match": style.headers.get("ETag") ?? "" };
  expect(await statusOf(`${worker.url}/style.css`, known)).toBe(304);

  const document = await fetch(`${worker.url}/openapi.json`, { headers });
  expect(document.headers.get("Content-Encoding")).toBeNull();
  expect((await document.text()).length).toBeGreaterThan(10_000);
});

/** `fetch` adds a header that forbids it. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [response] = (await once(get(url, { headers }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
