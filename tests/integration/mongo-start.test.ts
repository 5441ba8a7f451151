import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLogger } from "../../src/engine/process/logger.js";
import { StartError } from "../../src/engine/process/start-error.js";
import { createMongo } from "../../src/engine/stores/mongo.js";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";
import { startFakeReplicaSet } from "../support/fake-replica-set.js";
import { ALL_MEASURES } from "../support/internals.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually, once } from "../support/wait.js";

let server: MongoServer;

beforeAll(async () => {
  server = await startMongo();
});

/** What a start with this URI fails with. */
async function failure(uri: string): Promise<StartError> {
  const mongo = createMongo(uri, ALL_MEASURES, createLogger("silent"));
  const error: unknown = await mongo.start().then(
    () => mongo.stop(),
    (reason: unknown) => reason,
  );
  if (error instanceof StartError) return error;
  throw new Error(`no StartError, but ${String(error)}`);
}

test.each([
  ["an unknown option", "mongodb://u:hunter2@db/x?foo=bar", /option foo is not supported/],
  ["a port that is no number", "mongodb://u:hunter2@db:abc/x", /db:abc/],
  ["a port beyond the last one", "mongodb://u:hunter2@db:99999/x", /db:99999/],
  ["a password that is not encoded", "mongodb://u:hunter2%zz@db/x", /URI malformed/],
  ["a mechanism that there is not", "mongodb://u:hunter2@db/x?authMechanism=FOO", /authMechanism/],
  ["a port of an SRV record", "mongodb+srv://u:hunter2@db.example.com:27017/x", /port/],
])("a MONGODB_URI with %s is called invalid, with the reason", async (_what, uri, reason) => {
  const { message, temporary } = await failure(uri);
  expect(message).toMatch(/^MONGODB_URI is not valid: /);
  expect(message).toMatch(reason);
  expect(message).not.toContain("hunter2");
  expect(temporary).toBe(false);
});

test("a server of no replica set, where one is named, is told from one that is away", async () => {
  const uri = server.uriFor().replace("directConnection=true", "replicaSet=rs7");
  const { message } = await failure(uri);
  expect(message).toMatch(/^Cannot reach MongoDB at .*: no server there belongs to the replica set rs7$/);
});

test("a replica set without a primary is told from servers that are silent", async () => {
  const set = await startFakeReplicaSet({ hasPrimary: false });
  const { message, temporary } = await failure(set.uri());
  expect(message).toMatch(/^Cannot reach MongoDB at .*: the replica set rs has no primary$/);
  expect(temporary).toBe(true);
});

test("a port where nobody listens is told with the system's reason", async () => {
  const { message, temporary } = await failure(`mongodb://127.0.0.1:${await freePort()}/x`);
  expect(message).toMatch(/^Cannot reach MongoDB at .*\(MONGODB_URI\): connect ECONNREFUSED/);
  expect(temporary).toBe(true);
});

test("a server that is slow to say anything is waited for", async () => {
  const proxy = await startTcpProxy({ target: server.target });
  proxy.set("blackhole");
  const uri = `mongodb://${proxy.host}:${proxy.port}/slow?directConnection=true`;
  const mongo = createMongo(uri, ALL_MEASURES, createLogger("silent"));

  const started = mongo.start();
  await eventually(() => expect(proxy.accepted).toBeGreaterThan(1));
  proxy.set("pass");

  await expect(started).resolves.toBeUndefined();
  await mongo.stop();
});

test("a port of something else is told from one where nobody listens", async () => {
  const other = createServer((_request, response) => response.end());
  onTestEnd(() => other.close());
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const { message } = await failure(`mongodb://127.0.0.1:${(other.address() as AddressInfo).port}/x`);
  expect(message).toMatch(/^Cannot reach MongoDB at .*: .*closed/);
});

test("credentials that are refused are told, without them", async () => {
  const { message, temporary } = await failure(server.uriFor().replace("//", "//ann:hunter2@"));
  expect(message).toMatch(/^MongoDB at mongodb:\/\/\*\*\*@.* \(MONGODB_URI\) refuses the /);
  expect(message).not.toContain("hunter2");
  expect(temporary).toBe(false);
});
