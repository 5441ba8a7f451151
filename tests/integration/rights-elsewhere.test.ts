import { features } from "../../src/app/features.js";
import { AppError } from "../../src/contract/errors.js";
import { feature } from "../../src/contract/feature.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { once } from "../support/wait.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

/** A worker whose rule refuses these users, with a client for each of them in the room. */
async function startWith(banned: ReadonlySet<string>, mongodbUri: string, env: Record<string, string> = {}) {
  const rechecks: ((scope: { room?: string; user?: string }) => Promise<void>)[] = [];
  const bans = feature("bans", {
    create: ({ access }) => {
      rechecks.push(access.recheck);
      return {
        rule: {
          cacheMs: 3_600_000,
          ask(user) {
            if (banned.has(user)) throw new AppError("forbidden");
          },
        },
      };
    },
  });
  const worker = await startWorker({ mongodbUri, env, features: [...features, bans] });
  const [recheck = async () => {}] = rechecks;
  return { worker, recheck };
}

async function subscribe(worker: RunningWorker, user: string): Promise<Client> {
  const client = await connectClient(worker.url, { auth: { user } });
  await expect(emitAck(client.socket, "subscribe", { room: "r" })).resolves.toMatchObject({ ok: true });
  return client;
}

const CLOSED = [{ room: "r", operation: "subscribe", code: "forbidden" }];

test("a recheck on one worker ends rights on another one that only the database joins", async () => {
  const banned = new Set<string>();
  const uri = mongo.uriFor();
  const [here, elsewhere] = await Promise.all([startWith(banned, uri), startWith(banned, uri)]);
  const [ann, bob] = await Promise.all(["ann", "bob"].map((user) => subscribe(elsewhere.worker, user)));
  if (ann === undefined || bob === undefined) throw new Error("two clients");
  const ofBob: unknown[] = [];
  bob.socket.on("room_closed", (closed) => ofBob.push(closed));
  banned.add("ann");

  const [closed] = await Promise.all([once(ann.socket, "room_closed", 3000), here.recheck({ user: "ann" })]);

  expect(closed).toEqual(CLOSED);
  expect(ofBob).toEqual([]);
  const metrics = parseMetrics(await elsewhere.worker.metrics());
  expect(metrics.value("realtime_rights_closed_total", { code: "forbidden" })).toBe(1);
  expect(metrics.value("realtime_rights_rechecked_total", { verdict: "allowed" })).toBe(0);
});

test("a recheck that cannot be noted down ends rights here, and says that others may not have heard", async () => {
  const own = await startMongo();
  const banned = new Set<string>();
  const { worker, recheck } = await startWith(banned, own.uriFor());
  const ann = await subscribe(worker, "ann");
  banned.add("ann");
  await own.kill();

  const [closed] = await Promise.all([
    once(ann.socket, "room_closed"),
    expect(recheck({ user: "ann" })).rejects.toMatchObject({ code: "temporary" }),
  ]);

  expect(closed).toEqual(CLOSED);
}, 60_000);

test("AUTH_RECHECK_SECONDS finds a right that ended without a word", async () => {
  const until = { ms: Number.POSITIVE_INFINITY };
  const timed = feature("timed", {
    create: () => ({
      rule(user) {
        if (user === "ann" && performance.now() > until.ms) throw new AppError("forbidden");
      },
    }),
  });
  const env = { AUTH_RECHECK_SECONDS: "1" };
  const worker = await startWorker({ mongodbUri: mongo.uriFor(), env, features: [...features, timed] });
  const [ann, bob] = await Promise.all(["ann", "bob"].map((user) => subscribe(worker, user)));
  if (ann === undefined || bob === undefined) throw new Error("two clients");
  const ofBob: unknown[] = [];
  bob.socket.on("room_closed", (closed) => ofBob.push(closed));
  until.ms = performance.now();

  await expect(once(ann.socket, "room_closed")).resolves.toEqual(CLOSED);

  expect(ofBob).toEqual([]);
});
