import mongoose from "mongoose";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { type Eavesdropper, eavesdrop, MAIN_CHANNEL, type Overheard } from "../support/eavesdrop.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { eventually } from "../support/wait.js";
import { startPair, type WorkerPair } from "../support/worker-pair.js";

// Somebody repeats what workers said through Redis, each message as it was, with its code.

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongo();
});

async function publish({ socket }: Client, id: string): Promise<number> {
  const answer = await emitAck(socket, "publish", { room: "r", messages: [{ id, body: id }] });
  expect(answer).toMatchObject({ ok: true });
  return (answer as { seqs: number[] }).seqs[0] as number;
}

interface Shown {
  readonly epoch: string;
  readonly messages: readonly { readonly seq: number; readonly id: string }[];
}

describe.each(["pubsub", "sharded"] as const)("messages repeated through Redis (%s)", (mode) => {
  let pair: WorkerPair;
  let uri: string;
  let somebody: Eavesdropper;

  beforeEach(async () => {
    const redis = await startRedis();
    onTestEnd(() => redis.stop());
    uri = mongo.uriFor();
    pair = await startPair(uri, { REDIS_URL: redis.url, REDIS_ADAPTER: mode });
    await crosses(pair.near[0], pair.far);
    somebody = await eavesdrop(redis.url, mode);
  });

  /** Resolves when all of it has been heard: one connection's messages stay in their order. */
  async function repeat(messages: readonly Overheard[]): Promise<void> {
    for (const { channel, message } of messages) await somebody.say(channel, message);
    await crosses(pair.near[0], pair.far);
  }

  /** The log ends at its first message again, and has another epoch, as the runbook has it. */
  async function restore(): Promise<void> {
    const connection = await mongoose.createConnection(uri).asPromise();
    onTestEnd(() => connection.close());
    const { deletedCount } = await connection
      .collection("roomEntries")
      .deleteMany({ room: "r", seq: { $gt: 1 } });
    expect(deletedCount).toBe(2);
    await connection
      .collection<{ _id: string }>("rooms")
      .updateOne({ _id: "r" }, { $set: { seq: 1, epoch: "restored" }, $unset: { grants: 1 } });
  }

  test("a message of the log before a restore is shown to nobody in the log after it", async () => {
    const { near, far, workers } = pair;
    await emitAck(far.socket, "subscribe", { room: "r" });
    for (const id of ["kept", "lost-2", "lost-3"]) await publish(near[0], id);
    await crosses(near[0], far);
    const old = somebody.heard.filter(
      ({ message }) => message.includes('"lost-') || message.includes("lost-"),
    );
    expect(old.length).toBeGreaterThan(0);

    await restore();
    const shown: string[] = [];
    const epochs: string[] = [];
    far.socket.on("messages", ({ epoch, messages }: Shown) => {
      epochs.push(epoch);
      shown.push(...messages.map(({ seq, id }) => `${epoch} ${seq} ${id}`));
    });
    await repeat(old);
    await publish(near[0], "new-2");
    await repeat(old);
    await eventually(() => expect(epochs).toContain("restored"));
    await repeat(old);
    await publish(near[0], "new-3");
    await repeat(old);
    await eventually(() => expect(shown).toEqual(["restored 3 new-3"]));

    const metrics = parseMetrics(await workers[1].metrics());
    expect(metrics.value("realtime_bus_refused_total", { reason: "epoch" })).toBeGreaterThan(0);
  });

  test("nobody comes or goes in a room's presence by it, nor by what has no code", async () => {
    const { near, far } = pair;
    const watcher = far.socket;
    const changes: unknown[] = [];
    watcher.on("presence", (change: unknown) => changes.push(change));
    expect(await emitAck(watcher, "presence", { room: "p", watch: true })).toMatchObject({ users: [] });
    const ann = await connectClient(pair.workers[0].url, { auth: { user: "ann" } });
    await emitAck(ann.socket, "subscribe", { room: "p" });
    await eventually(() => expect(changes).toHaveLength(1));
    ann.socket.disconnect();
    await eventually(() => expect(changes).toHaveLength(2));
    const told = [...somebody.heard];
    expect(told.some(({ message }) => message.includes("present"))).toBe(true);

    await repeat(told);
    const change = { room: "p", joined: ["forged"], left: [], count: 1 };
    const packet = { type: 2, data: ["presence", change], nsp: "/" };
    const opts = { rooms: ["presence:p"], except: [], flags: {} };
    await somebody.say(`${MAIN_CHANNEL}presence:p#`, JSON.stringify(["forger", packet, opts]));
    await somebody.say(
      MAIN_CHANNEL,
      JSON.stringify({ uid: "forger", nsp: "/", type: 3, data: { packet, opts } }),
    );
    await repeat(told);
    const bob = await connectClient(pair.workers[0].url, { auth: { user: "bob" } });
    await emitAck(bob.socket, "subscribe", { room: "p" });
    await eventually(() => expect(changes).toHaveLength(3));

    expect(changes).toEqual([
      { room: "p", joined: ["ann"], left: [], count: 1 },
      { room: "p", joined: [], left: ["ann"], count: 0 },
      { room: "p", joined: ["bob"], left: [], count: 1 },
    ]);
    expect(await emitAck(near[0].socket, "presence", { room: "p" })).toMatchObject({ users: ["bob"] });
  });
});
