import { connectClient, emitAck } from "../../tests/support/connect-client.js";
import { startMongo } from "../../tests/support/mongo.js";
import { type RunningWorker, startWorker } from "../../tests/support/start-worker.js";

let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor() });
});

const post = (body: object) =>
  fetch(`${worker.url}/notes`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-User-Id": "ann" },
    body: JSON.stringify(body),
  });

test("the route and the event answer alike", async () => {
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });

  const response = await post({ text: "hello" });

  expect(response.status).toBe(200);
  await expect(response.json()).resolves.toEqual({ text: "hello", from: "ann" });
  await expect(emitAck(socket, "note:send", { text: "hello" })).resolves.toEqual({
    ...{ ok: true, text: "hello", from: "ann" },
  });
});

test("what is malformed is refused", async () => {
  const response = await post({ text: "hello", from: "bob" });

  expect(response.status).toBe(400);
  await expect(response.json()).resolves.toMatchObject({ error: { code: "invalid" } });
});
