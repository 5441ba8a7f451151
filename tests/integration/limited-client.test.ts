import { createRoomClient, type Message } from "../../client/room-client.js";
import { connectClient } from "../support/connect-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

async function refused(worker: RunningWorker, limit: string): Promise<number> {
  const [sample] = parseMetrics(await worker.metrics()).select("realtime_limited_total", { limit });
  return sample?.value ?? Number.NaN;
}

const NUMBERS = Array.from({ length: 200 }, (_, n) => n);

test("the client library waits out its rate: all is stored once and in order, on one connection", async () => {
  const env = { RATE_USER_EVENTS: "100,5" };
  const worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const reader = await connectClient(worker.url, { auth: { user: "ben" } });
  let disconnects = 0;
  socket.on("disconnect", () => {
    disconnects += 1;
  });
  const seen: Message[] = [];
  createRoomClient(reader.socket).room("kitchen", {
    start: { after: 0 },
    onMessage: (one) => seen.push(one),
  });
  const room = createRoomClient(socket).room("kitchen");

  const results = await Promise.all(NUMBERS.map((n) => room.publish(n)));
  await eventually(() => expect(seen).toHaveLength(NUMBERS.length));

  expect(seen.map(({ body }) => body)).toEqual(NUMBERS);
  expect(results.map(({ seq }) => seq)).toEqual(NUMBERS.map((n) => n + 1));
  expect(await refused(worker, "events")).toBeGreaterThan(0);
  expect(disconnects).toBe(0);
});

test("a client with many rooms gets into all of them, and is not closed for asking at once", async () => {
  // So few that the first requests, which go out together, are too many on any machine.
  const env = { RATE_USER_EVENTS: "20,5" };
  const worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const client = createRoomClient(socket);

  await Promise.all(NUMBERS.slice(0, 30).map((n) => client.room(`room-${n}`).publish(n)));

  expect(await refused(worker, "events")).toBeGreaterThan(0);
  expect(await refused(worker, "refusals")).toBe(0);
});
