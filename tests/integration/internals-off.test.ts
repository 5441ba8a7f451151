import { connectClient, emitAck } from "../support/connect-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

/** What a worker counts of the events `name` that go out, when one was sent to two clients, which have got it. */
async function serve(env: Record<string, string>) {
  const worker = await startWorker({
    mongodbUri: mongo.uriFor(),
    env: { MAX_CONNECTIONS_PER_WORKER: "100", ...env }, // the default is more than some machines have descriptors for
  });
  const [a, b, c] = await Promise.all([
    connectClient(worker.url),
    connectClient(worker.url),
    connectClient(worker.url, { transports: ["polling"] }),
  ]);
  const heard = [b, c].map(({ socket }) => once(socket, "messages"));
  for (const { socket } of [b, c]) await emitAck(socket, "subscribe", { room: "log" });
  await emitAck(a.socket, "publish", { room: "log", messages: [{ id: "1", body: "to two" }] });
  await Promise.all(heard);
  const relayed = [b, c].map(({ socket }) => once(socket, "message"));
  await emitAck(a.socket, "message", { body: "to the two others" });
  await Promise.all(relayed);
  const counted = async (event: string) =>
    parseMetrics(await worker.metrics()).value("realtime_events_total", { event, direction: "out" });
  return { worker, counted };
}

test.each([
  { INTERNALS_OFF: "outgoing-count" },
  { INTERNALS_OFF: "backlog" },
  { INTERNALS_OFF: "header-release" },
  { INTERNALS_OFF: "mongodb-wake" },
  { INTERNALS_OFF: "redis-replies" },
  { FAN_OUT: "stock" },
  { FAN_OUT: "stock", INTERNALS_OFF: "outgoing-count,backlog,header-release,mongodb-wake,redis-replies" },
])("a worker with %j serves as any other, and says nothing", async (env: Record<string, string>) => {
  const { worker, counted } = await serve(env);

  expect(worker.logs.filter(({ fields }) => fields.level === "warn")).toEqual([]);
  const isCounted = !env.INTERNALS_OFF?.includes("outgoing-count");
  await eventually(async () => expect(await counted("session")).toBe(3));
  await eventually(async () => expect(await counted("message")).toBe(isCounted ? 2 : 0));
  await worker.stop();
});
