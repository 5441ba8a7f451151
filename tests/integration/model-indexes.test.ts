import { Schema } from "mongoose";
import { createLogger, type Logger } from "../../src/engine/process/logger.js";
import { StartError } from "../../src/engine/process/start-error.js";
import { createMongo, type Mongo } from "../../src/engine/stores/mongo.js";
import { onTestEnd } from "../support/cleanup.js";
import { ALL_MEASURES } from "../support/internals.js";
import { createLineLog, logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";

let server: MongoServer;

beforeAll(async () => {
  server = await startMongo();
});

/** A connection with a model as the guide describes it: a schema with indexes, bound to the connection. */
function withModel(uri: string, log = createLogger("silent")): Mongo {
  const mongo = createMongo(uri, ALL_MEASURES, log);
  const schema = new Schema(
    { name: { type: String, required: true, unique: true }, owner: { type: String, index: true }, at: Date },
    { collection: "things", versionKey: false },
  );
  schema.index({ owner: 1, at: -1 });
  mongo.connection.model("Thing", schema);
  return mongo;
}

async function started(uri: string, log?: Logger): Promise<Mongo> {
  const mongo = withModel(uri, log);
  await mongo.start();
  onTestEnd(() => mongo.stop());
  return mongo;
}

test("a model's indexes are there as soon as its connection is, in every process that starts at once", async () => {
  const uri = server.uriFor();
  const all = await Promise.all([started(uri), started(uri), started(uri)]);

  for (const { connection } of all) {
    const indexes = await connection.collection("things").indexes();
    const found = indexes.map(({ key, unique = false }) => [JSON.stringify(key), unique]);
    expect(found.sort()).toEqual([
      ['{"_id":1}', false],
      ['{"name":1}', true],
      ['{"owner":1,"at":-1}', false],
      ['{"owner":1}', false],
    ]);
  }
  const [first] = all;
  await first?.connection.collection("things").insertOne({ name: "a" });
  await expect(first?.connection.collection("things").insertOne({ name: "a" })).rejects.toMatchObject({
    code: 11_000,
  });
});

describe("a database that was away and comes back without indexes", () => {
  async function comesBackWith(documents: readonly { readonly name: string }[]) {
    const proxy = await startTcpProxy({ target: server.target });
    const logs = createLineLog();
    const log = createLogger("info", { write: (text) => logs.feed("stdout", text) });
    const { connection } = await started(server.uriVia(proxy), log);
    await connection.dropDatabase();
    if (documents.length > 0) await connection.collection("things").insertMany([...documents]);
    proxy.set("reset");
    await logs.waitFor(logged("mongodb disconnected"));
    proxy.set("pass");
    await logs.waitFor(logged("mongodb reconnected"));
    return { connection, logs };
  }

  test("gets them again", async () => {
    const { connection } = await comesBackWith([{ name: "a" }]);

    await eventually(async () => {
      const indexes = await connection.collection("things").indexes();
      expect(indexes.map(({ key }) => key)).toContainEqual({ name: 1 });
    });
    await expect(connection.collection("things").insertOne({ name: "a" })).rejects.toMatchObject({
      code: 11_000,
    });
  });

  test("is told of when its data is in their way, and goes on", async () => {
    const { connection, logs } = await comesBackWith([{ name: "a" }, { name: "a" }]);

    const told = await logs.waitFor(
      logged("mongodb came back without all indexes, and they cannot be created"),
    );
    expect(told.text).toContain("The indexes of Thing cannot be created");
    await expect(connection.collection("things").insertOne({ name: "b" })).resolves.toBeDefined();
  });
});

test("data that is in the way of an index stops the start, with its name", async () => {
  const uri = server.uriFor();
  const before = createMongo(uri, ALL_MEASURES, createLogger("silent"));
  await before.start();
  await before.connection.collection("things").insertMany([{ name: "a" }, { name: "a" }]);
  await before.stop();

  const failure: unknown = await withModel(uri)
    .start()
    .catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(StartError);
  expect(failure).toMatchObject({
    message: expect.stringMatching(/^The indexes of Thing cannot be created: .*name/),
    temporary: false,
  });
});
