import { connectClient, emitAck } from "../../tests/support/connect-client.js";
import { startMongo } from "../../tests/support/mongo.js";
import { type RunningWorker, startWorker } from "../../tests/support/start-worker.js";
import { neverHappens, once } from "../../tests/support/wait.js";

let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor() });
});

const HEADERS = { "Content-Type": "application/json", "X-User-Id": "ann" };

const post = (body: object, headers: Record<string, string> = HEADERS) =>
  fetch(`${worker.url}/notes`, { method: "POST", headers, body: JSON.stringify(body) });

test("what was added is listed, newest first", async () => {
  const first = await post({ text: "the first" });
  expect(first.status).toBe(201);
  const added = await first.json();
  expect(added).toMatchObject({ from: "ann", text: "the first" });
  await post({ text: "the second" });

  const response = await fetch(`${worker.url}/notes?limit=2`, { headers: HEADERS });

  expect(response.status).toBe(200);
  await expect(response.json()).resolves.toEqual({
    items: [expect.objectContaining({ text: "the second" }), added],
  });
});

test("a text is there once, whatever the way in", async () => {
  const { socket } = await connectClient(worker.url, { auth: { user: "bob" } });
  expect((await post({ text: "once" })).status).toBe(201);

  const again = await post({ text: "once" });

  expect(again.status).toBe(409);
  await expect(again.json()).resolves.toMatchObject({ error: { code: "conflict", temporary: false } });
  await expect(emitAck(socket, "note:add", { text: "once" })).resolves.toMatchObject({
    ok: false,
    error: { code: "conflict" },
  });
});

test.each([{}, { text: " " }, { text: "x".repeat(501) }, { text: "a", id: "mine" }])(
  "what is malformed is refused: %p",
  async (body) => {
    const response = await post(body);

    expect(response.status).toBe(400);
    await expect(response.json()).resolves.toMatchObject({ error: { code: "invalid" } });
  },
);

test("nobody adds without a name", async () => {
  expect((await post({ text: "anonymous" }, { "Content-Type": "application/json" })).status).toBe(400);
});

test("who watches is told of what others add, and nobody else", async () => {
  const ann = await connectClient(worker.url, { auth: { user: "ann" } });
  const bob = await connectClient(worker.url, { auth: { user: "bob" } });
  await expect(emitAck(ann.socket, "note:watch", {})).resolves.toEqual({ ok: true });
  const told = once(ann.socket, "note:added");
  const done = told.then(() => emitAck(bob.socket, "note:add", { text: "another" }));
  const notTold = neverHappens(bob.socket, "note:added", done);

  await expect(emitAck(bob.socket, "note:add", { text: "for Ann" })).resolves.toMatchObject({ ok: true });

  await expect(told).resolves.toEqual([expect.objectContaining({ from: "bob", text: "for Ann" })]);
  await notTold;
});
