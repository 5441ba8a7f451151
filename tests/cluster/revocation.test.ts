import { apiOf, makeKey } from "../support/api-keys.js";
import { type Client, connectClient } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { secretKey, signToken } from "../support/tokens.js";
import { eventually, neverHappens, once } from "../support/wait.js";

const SECRET = "a secret of more than thirty-two bytes";
const KEY = secretKey(SECRET);
const admin = makeKey("admin", { "*": ["revoke"] });

/** From the acknowledgement to the effect everywhere: a look every 5 s, and 1 s for the look and the closing. */
const EFFECT_MS = 6000;

function start(mongo: MongoServer, redisUrl: string): Promise<Shoal> {
  return spawnShoal({
    ...{ workers: 2, mongodbUri: mongo.uriFor("revocation"), redisUrl },
    env: { AUTH: "jwt", AUTH_SECRET: SECRET, API_KEYS: JSON.stringify([admin.entry]) },
  });
}

/** Two connections with this token, one on each worker of the instance. */
async function onEachWorker(shoal: Shoal, token: string): Promise<Client[]> {
  const byWorker = new Map<number, Client>();
  await eventually(async () => {
    const client = await connectClient(shoal.url, { auth: { token } });
    if (byWorker.has(client.session.worker)) client.socket.disconnect();
    else byWorker.set(client.session.worker, client);
    expect(byWorker.size).toBe(2);
  });
  return [...byWorker.values()];
}

const refusal = (shoal: Shoal, token: string) =>
  connectClient(shoal.url, { auth: { token } }).then(
    () => "none",
    (error: { data?: { code?: string } }) => error.data?.code,
  );

test("a revocation holds on all workers and instances within 6 s with Redis killed, and after a restart of all of it", async () => {
  const [redis, mongo] = await Promise.all([startRedis(), startMongo()]);
  const shoals = await Promise.all([start(mongo, redis.url), start(mongo, redis.url)]);
  const [first] = shoals;
  const [old, others] = await Promise.all([
    signToken(KEY, { exp: hours(1) }),
    signToken(KEY, { sub: "bob", exp: hours(1) }),
  ]);
  const revoked = (await Promise.all(shoals.map((shoal) => onEachWorker(shoal, old)))).flat();
  const bystanders = (await Promise.all(shoals.map((shoal) => onEachWorker(shoal, others)))).flat();
  await redis.kill();

  const { status, body } = await apiOf(first.url, admin.key)("POST", "/v1/revocations", {
    targets: ["user:ann"],
  });
  const ends = revoked.map(async ({ socket }) => {
    const closed = once(socket, "disconnect", EFFECT_MS);
    const told = await once(socket, "closing", EFFECT_MS);
    return [told, await closed];
  });

  const stay = bystanders.map(({ socket }) => neverHappens(socket, "disconnect", Promise.all(ends)));

  expect(status).toBe(200);
  for (const [told, closed] of await Promise.all(ends)) {
    expect(told).toEqual([{ code: "token_revoked" }]);
    expect(closed?.[0]).toBe("transport close");
  }
  await Promise.all(stay);
  for (const shoal of shoals)
    for (let round = 0; round < 4; round += 1) expect(await refusal(shoal, old)).toBe("token_revoked");
  const newer = await signToken(KEY, { iat: body.issuedBefore, exp: hours(1) });
  for (const shoal of shoals) await onEachWorker(shoal, newer);

  await Promise.all(shoals.map((shoal) => shoal.kill9()));
  await mongo.kill();
  await Promise.all([mongo.restart(), redis.restart()]);
  const again = await start(mongo, redis.url);

  for (let round = 0; round < 4; round += 1) expect(await refusal(again, old)).toBe("token_revoked");
  await onEachWorker(again, newer);
});

function hours(count: number): number {
  return Math.floor(Date.now() / 1000) + count * 3600;
}
