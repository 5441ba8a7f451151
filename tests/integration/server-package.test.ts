import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createServerApi } from "../../client/server/index.js";
import { makeKey } from "../support/api-keys.js";
import { startMongo } from "../support/mongo.js";
import { PROJECT } from "../support/readme.js";
import { node } from "../support/setup-project.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { tempDir } from "../support/temp-dir.js";

const key = makeKey("all");

let worker: RunningWorker;

beforeAll(async () => {
  const env = { API_KEYS: JSON.stringify([key.entry]) };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
});

/** A client whose first `failures` requests fail in this way, and the paths that it has asked for. */
function flaky(failures: number, fail: (request: Request) => Promise<Response>, tries = 3) {
  const asked: string[] = [];
  const api = createServerApi({
    ...{ url: worker.url, key: key.key, tries },
    fetch(request) {
      asked.push(new URL(request.url).pathname);
      return asked.length <= failures ? fail(request) : fetch(request);
    },
  });
  return { api, asked };
}

const refuse = async () =>
  Response.json(
    { error: { code: "temporary", message: "Not now", temporary: true, retryAfterMs: 1 } },
    { status: 503 },
  );

/** The request has its effect, and the answer is lost. */
async function loseAnswer(request: Request): Promise<Response> {
  await (await fetch(request)).text();
  throw new TypeError("fetch failed");
}

const PROGRAM = `
import { createServerApi } from "shoal/server";

const [, , url, key] = process.argv;
const shoal = createServerApi({ url, key });
const [result] = await shoal.publish([{ room: "kitchen", from: "cron", body: { hello: 1 } }]);
const { rooms } = await shoal.get("/v1/rooms", { query: { prefix: "kitchen" } });
console.log(JSON.stringify({ seq: result.seq, rooms: rooms.map(({ room }) => room) }));
`;

test("a Node program imports it by its package path", async () => {
  const folder = await tempDir("consumer");
  await mkdir(join(folder, "node_modules"));
  await symlink(PROJECT, join(folder, "node_modules", "shoal"));
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
  await writeFile(join(folder, "program.js"), PROGRAM);

  const { code, stdout, stderr } = await node(folder, ["program.js", worker.url, key.key]);

  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual({ seq: 1, rooms: ["kitchen"] });
});

test("what fails for a while is tried again", async () => {
  const { api, asked } = flaky(2, refuse);

  expect(await api.get("/v1/rooms", { query: { prefix: "none" } })).toEqual({ rooms: [] });
  expect(asked).toHaveLength(3);
});

test("the tries have an end", async () => {
  const { api, asked } = flaky(10, refuse);

  await expect(api.get("/v1/rooms")).rejects.toMatchObject({ code: "temporary", temporary: true });
  expect(asked).toHaveLength(3);
});

test("what is refused for good is not tried again", async () => {
  const { api, asked } = flaky(0, refuse);

  await expect(api.get("/v1/rooms/:room", { params: { room: "never" } })).rejects.toMatchObject({
    code: "not_found",
  });
  expect(asked).toHaveLength(1);
});

test("a message whose answer is lost is stored once, also without an id of its own", async () => {
  const { api, asked } = flaky(1, loseAnswer);

  const results = await api.publish([{ room: "once", from: "cron", body: "hello" }]);

  expect(results).toEqual([expect.objectContaining({ ok: true, seq: 1 })]);
  expect(asked).toHaveLength(2);
  expect(await api.get("/v1/rooms/:room", { params: { room: "once" } })).toMatchObject({ head: 1 });
});

test("more messages than a request may have are stored by several", async () => {
  const { api, asked } = flaky(0, refuse);
  const items = Array.from({ length: 150 }, (_, n) => ({
    room: "many",
    from: "cron",
    id: `m-${n}`,
    body: n,
  }));

  const results = await api.publish(items);

  expect(results).toEqual(items.map(({ id }, n) => ({ ok: true, room: "many", id, seq: n + 1 })));
  expect(asked).toHaveLength(2);
});

test("messages that fail for a while are tried again by themselves", async () => {
  const error = { code: "temporary", message: "Not now", temporary: true, retryAfterMs: 1 };
  const bodies: string[] = [];
  const api = createServerApi({
    ...{ url: worker.url, key: key.key, tries: 3 },
    async fetch(request) {
      bodies.push(await request.clone().text());
      if (bodies.length > 1) return fetch(request);
      const stored = { ok: true, room: "part", id: "a", seq: 1 };
      return Response.json({ results: [stored, { ok: false, room: "part", id: "b", error }] });
    },
  });

  const results = await api.publish(["a", "b"].map((id) => ({ room: "part", from: "cron", id, body: id })));

  expect(results).toEqual([
    expect.objectContaining({ id: "a" }),
    expect.objectContaining({ id: "b", ok: true }),
  ]);
  expect(bodies[1]).not.toContain('"id":"a"');
});

test("a relay whose answer is lost is not sent a second time", async () => {
  const { api, asked } = flaky(1, loseAnswer);

  await expect(api.post("/v1/relay", { body: { event: "x", body: 1 } })).rejects.toMatchObject({
    code: "unreachable",
  });
  expect(asked).toHaveLength(1);
});
