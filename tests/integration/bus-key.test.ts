import mongoose from "mongoose";
import { connectClient } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { startWorker } from "../support/start-worker.js";
import { isJoined, startPair } from "../support/worker-pair.js";

test("a bus key that is removed is made anew, and all workers have it soon after one has", async () => {
  const [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
  const [uri, env] = [mongo.uriFor(), { REDIS_URL: redis.url }];
  const pair = await startPair(uri, env);
  await isJoined(pair);

  // As docs/security.md says.
  const database = await mongoose.createConnection(uri).asPromise();
  await database.collection("buskeys").deleteMany({});
  await database.close();
  await isJoined(pair); // with the old one, as nobody has told them
  const third = await startWorker({ mongodbUri: uri, env, worker: 3 });
  const client = await connectClient(third.url);

  await crosses(client, pair.far);
  await crosses(pair.near[0], client);
  await isJoined(pair);
});
