import { readConfig } from "../../src/engine/config/config.js";
import { createPublisherClient, createSubscriberClient } from "../../src/engine/stores/redis-clients.js";
import { onTestEnd } from "../support/cleanup.js";
import { startRedis } from "../support/redis-server.js";

test.each([
  ["publishing", createPublisherClient],
  ["subscriptions", createSubscriberClient],
])("a connection for %s may have a second error", async (_what, create) => {
  const server = await startRedis();
  const { redis } = readConfig({ NODE_ENV: "test", REDIS_URL: `redis://${server.host}:${server.port}` });
  if (redis === undefined) throw new Error("no Redis is configured");
  const client = create(redis);
  onTestEnd(() => client.disconnect());
  const told: string[] = [];
  client.on("error", ({ message }: Error) => told.push(message));
  await client.connect();
  if (!("stream" in client)) throw new Error("this is no client of a single server");

  const { stream } = client;
  stream.emit("error", new Error("first"));
  stream.emit("error", new Error("second"));

  expect(told).toEqual(["first"]);
});
