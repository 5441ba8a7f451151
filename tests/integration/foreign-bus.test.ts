import { onTestEnd } from "../support/cleanup.js";
import { type Client, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { eavesdrop, MAIN_CHANNEL } from "../support/eavesdrop.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { startPair, type WorkerPair } from "../support/worker-pair.js";

// Redis is shared with others here: with another environment under the same prefix, and with somebody who forges.

const MODES = ["pubsub", "sharded"] as const;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

interface Shown {
  readonly epoch: string;
  readonly messages: readonly { readonly seq: number; readonly body: string }[];
}

/** All bodies that the client is shown live, with their epoch and number. */
function shownTo({ socket }: Client): string[] {
  const shown: string[] = [];
  socket.on("messages", ({ epoch, messages }: Shown) => {
    for (const { seq, body } of messages) shown.push(`${epoch} ${seq} ${body}`);
  });
  return shown;
}

async function publish({ socket }: Client, body: string): Promise<void> {
  const answer = await emitAck(socket, "publish", { room: "r", messages: [{ id: body, body }] });
  expect(answer).toMatchObject({ ok: true });
}

async function subscribe({ socket }: Client): Promise<string> {
  const { epoch } = (await emitAck(socket, "subscribe", { room: "r" })) as { epoch: string };
  return epoch;
}

async function refusals({ workers }: WorkerPair, reason: string): Promise<number> {
  const texts = await Promise.all(workers.map((worker) => worker.metrics()));
  const counts = texts.map((text) => parseMetrics(text).value("realtime_bus_refused_total", { reason }));
  return counts.reduce((sum, count) => sum + count);
}

describe.each(MODES)("a Redis that others use, too (%s)", (mode) => {
  let redis: RedisServer;
  let env: Record<string, string>;
  let ours: WorkerPair;

  beforeEach(async () => {
    redis = await startRedis();
    onTestEnd(() => redis.stop());
    env = { REDIS_URL: redis.url, REDIS_ADAPTER: mode };
    ours = await startPair(mongo.uriFor(), env);
    await crosses(ours.near[0], ours.far);
  });

  test("another environment's messages are shown to nobody, and take nobody's place", async () => {
    const theirs = await startPair(mongo.uriFor(), env);
    await crosses(theirs.near[0], theirs.far);
    const shown = shownTo(ours.far);
    const relayed: unknown[] = [];
    ours.far.socket.on("message", ({ body }: { body: unknown }) => relayed.push(body));
    const epoch = await subscribe(ours.far);

    await publish(theirs.near[0], "theirs");
    await emitAck(theirs.near[0].socket, "message", { body: "their relay" });
    await crosses(theirs.near[0], theirs.far);
    await publish(ours.near[0], "ours");
    await crosses(ours.near[0], ours.far);

    expect(shown).toEqual([`${epoch} 1 ours`]);
    expect(relayed).not.toContain("their relay");
    expect(await refusals(ours, "foreign")).toBeGreaterThan(0);
  });

  test("what is forged, or changed, is shown to nobody", async () => {
    const forger = await eavesdrop(redis.url, mode);
    const epoch = await subscribe(ours.far);
    const shown = shownTo(ours.far);

    await publish(ours.near[0], "real-1");
    await crosses(ours.near[0], ours.far);
    const real = forger.find("real-1");
    // The same again, with another body and the next number; and what has no code at all.
    const changed = Buffer.from(real.message.toString("latin1").replaceAll("real-1", "fake-1"), "latin1");
    await forger.say(
      real.channel,
      Buffer.from(changed.toString("latin1").replace('"seq":1', '"seq":2'), "latin1"),
    );
    await forger.say(real.channel, changed.subarray(changed.indexOf("{")));
    const batch = { room: "r", epoch, after: 1, to: 2, messages: [{ seq: 2, body: "fake-2" }] };
    const packet = { type: 2, data: ["messages", batch], nsp: "/" };
    const opts = { rooms: ["log:r"], except: [], flags: {} };
    if (mode === "pubsub")
      await forger.say(`${MAIN_CHANNEL}log:r#`, JSON.stringify(["forger", packet, opts]));
    else
      await forger.say(
        MAIN_CHANNEL,
        JSON.stringify({ uid: "forger", nsp: "/", type: 3, data: { packet, opts } }),
      );
    await publish(ours.near[0], "real-2");
    await crosses(ours.near[0], ours.far);

    expect(shown).toEqual([`${epoch} 1 real-1`, `${epoch} 2 real-2`]);
  });
});
