import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call, health } from "./support/http-call.js";

/** Waits until both workers say so. Requests go round, so two in a row reach both. */
async function expectHealth(url: string, expected: Record<string, unknown>): Promise<void> {
  const asked = async () => {
    const answers = [await health(url), await health(url)];
    expect(answers.map(({ worker }) => worker).sort()).toEqual([1, 2]);
    for (const answer of answers) expect(answer).toMatchObject(expected);
  };
  await eventually(asked, { withinMs: 20_000 });
}

async function expectRelay(clients: readonly Client[]): Promise<void> {
  for (const speaker of clients) {
    const others = clients.filter((client) => client !== speaker);
    const heard = others.map(({ socket }) => once(socket, "message"));
    await expect(emitAck(speaker.socket, "message", { body: "still here" })).resolves.toMatchObject({
      ok: true,
    });
    await Promise.all(heard);
  }
}

/** Clients on both workers, and how often they were disconnected. */
async function connectAll(url: string): Promise<{ clients: Client[]; disconnects(): number }> {
  const clients = await Promise.all([1, 2, 3, 4].map(() => connectClient(url)));
  expect(new Set(clients.map(({ session }) => session.worker))).toEqual(new Set([1, 2]));
  let disconnects = 0;
  for (const { socket } of clients) socket.on("disconnect", () => disconnects++);
  return { clients, disconnects: () => disconnects };
}

describe("MongoDB killed and restarted", () => {
  let mongo: MongoServer;
  let shoal: Shoal;

  beforeAll(async () => {
    mongo = await startMongo();
    shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor() });
  });

  test("is told by /health, refused as temporary, survived by every client, and forgotten when it is back", async () => {
    const { clients, disconnects } = await connectAll(shoal.url);
    await expectHealth(shoal.url, { httpStatus: 200, status: "ok", mongo: "up" });
    await mongo.kill();

    await expectHealth(shoal.url, { httpStatus: 503, status: "unavailable", mongo: "down" });
    const { status, headers, body } = await call(`${shoal.adminUrl}/connections`);
    expect({ status, retryAfter: headers["retry-after"] }).toEqual({ status: 503, retryAfter: "1" });
    expect(JSON.parse(body)).toEqual({
      error: { code: "temporary", message: expect.any(String), temporary: true, retryAfterMs: 1000 },
    });
    expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 });
    await expectRelay(clients);
    const newcomer = await connectClient(shoal.url);

    await mongo.restart();
    await expectHealth(shoal.url, { httpStatus: 200, status: "ok", mongo: "up" });
    await eventually(async () => {
      const answer = await call(`${shoal.adminUrl}/connections`);
      expect(answer.status).toBe(200);
      expect(answer.body).toContain(newcomer.session.id); // the audit has kept it meanwhile
    });
    await expectRelay([...clients, newcomer]);
    expect(disconnects()).toBe(0);
    // Those of the one request above, and of what was being written when it went.
    const expected = /"msg":"(request failed|connection audit could not be written)"/;
    expect(complaints(shoal.logs).filter((text) => !expected.test(text))).toEqual([]);
  });
});

test("an embedded MongoDB that is killed is replaced, on the same data", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  const { clients, disconnects } = await connectAll(shoal.url);
  const served = await shoal.waitForLog(logged("embedded mongodb serves"));
  process.kill(Number(served.fields.hostPid), "SIGKILL");
  const { uri, databaseDir } = served.fields;
  await shoal.waitForLog(logged("embedded mongodb serves", { uri, databaseDir }), { after: served });
  await expectHealth(shoal.url, { httpStatus: 200, status: "ok" });
  await eventually(async () =>
    expect(await call(`${shoal.adminUrl}/connections`)).toMatchObject({ status: 200 }),
  );
  await expectRelay(clients);
  expect(disconnects()).toBe(0);
  expect(complaints(shoal.logs)).toEqual([]);
});
