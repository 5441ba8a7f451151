import { io, type Socket } from "socket.io-client";
import { apiOf, makeKey } from "../support/api-keys.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { type Claims, secretKey, signToken } from "../support/tokens.js";
import { eventually, neverHappens, once } from "../support/wait.js";

const SECRET = "a secret of more than thirty-two bytes";
const KEY = secretKey(SECRET);
const admin = makeKey("admin", { "*": ["revoke"] });
const cron = makeKey("cron", { "chat:*": ["*"] });
const API_KEYS = JSON.stringify([admin.entry, cron.entry]);
const TRANSPORTS = [["websocket"], ["polling"]];

let worker: RunningWorker;
let open: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  [worker, open] = await Promise.all([
    startWorker({ mongodbUri: mongo.uriFor(), env: { AUTH: "jwt", AUTH_SECRET: SECRET, API_KEYS } }),
    startWorker({ mongodbUri: mongo.uriFor(), env: { API_KEYS } }),
  ]);
});

const nowS = () => Math.floor(Date.now() / 1000);
const token = (claims: Claims) => signToken(KEY, { exp: nowS() + 3600, ...claims });
const revoke = (body: object) => apiOf(worker.url, admin.key)("POST", "/v1/revocations", body);

/** How a handshake with this token ends, in a code. */
async function handshake(withToken: string, transports: string[] = ["websocket"]): Promise<unknown> {
  const socket: Socket = io(worker.url, {
    ...{ auth: { token: withToken }, transports, forceNew: true, reconnection: false },
  });
  onTestEnd(() => void socket.disconnect());
  const refused = once<[Error & { data: { code: string; temporary: boolean } }]>(socket, "connect_error");
  refused.catch(() => {});
  return Promise.race([
    once(socket, "session").then(() => "in"),
    refused.then(([error]) => [error.data.code, error.data.temporary]),
  ]);
}

async function page(withToken: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${withToken}` };
  const response = await fetch(`${worker.url}/rooms/lobby/messages`, { headers });
  const { error } = (await response.json()) as { error?: { code: string } };
  return [response.status, error?.code];
}

test.each(TRANSPORTS)(
  "a live connection over %s is told and closed, and does not come back with its token",
  async (transport) => {
    const user = `live-${transport}`;
    const old = await token({ sub: user });
    const { socket } = await connectClient(worker.url, { auth: { token: old }, transports: [transport] });
    const closing = once(socket, "closing");
    const closed = once(socket, "disconnect");

    const { status, body } = await revoke({ targets: [`user:${user}`] });

    expect(status).toBe(200);
    await expect(closing).resolves.toEqual([{ code: "token_revoked" }]);
    expect((await closed)[0]).toBe("transport close");
    await expect(handshake(old, [transport])).resolves.toEqual(["token_revoked", false]);
    await expect(page(old)).resolves.toEqual([401, "token_revoked"]);
    const newer = await token({ sub: user, iat: body.issuedBefore });
    await expect(handshake(newer, [transport])).resolves.toBe("in");
  },
);

test("one token is revoked by its id, and others of its user are not", async () => {
  const [lost, kept] = [await token({ sub: "eve", jti: "lost" }), await token({ sub: "eve", jti: "kept" })];
  const { socket } = await connectClient(worker.url, { auth: { token: lost } });
  const other = await connectClient(worker.url, { auth: { token: kept } });
  const closing = once(socket, "closing");
  const stays = neverHappens(other.socket, "closing", closing);

  await revoke({ targets: ["token:lost"] });

  await expect(closing).resolves.toEqual([{ code: "token_revoked" }]);
  await stays;
  await expect(handshake(lost)).resolves.toEqual(["token_revoked", false]);
  await expect(handshake(kept)).resolves.toBe("in");
});

test("who has time to renew is told, stays with a newer token, and may not renew with a void one", async () => {
  const old = await token({ sub: "kim" });
  const { socket } = await connectClient(worker.url, { auth: { token: old } });
  const expiring = once(socket, "auth_expiring");

  const { body } = await revoke({ targets: ["user:kim"], reauthMarginMs: 30_000 });

  expect(Date.parse(body.closedBy) - Date.parse(body.effectiveBy)).toBe(30_000);
  await expect(expiring).resolves.toEqual([{ expiresAt: expect.any(String) }]);
  await expect(handshake(old)).resolves.toEqual(["token_revoked", false]);
  await expect(emitAck(socket, "authenticate", { token: old })).resolves.toMatchObject({
    ok: false,
    error: { code: "token_revoked", temporary: false },
  });
  const newer = await token({ sub: "kim", iat: body.issuedBefore });
  await expect(emitAck(socket, "authenticate", { token: newer })).resolves.toMatchObject({ ok: true });
  // By now nothing is left of the first one: the second leaves no time, and is about older tokens.
  const ack = revoke({ targets: ["user:kim"], issuedBefore: body.issuedBefore }).then(() =>
    revoke({ targets: ["user:somebody"] }),
  );
  await neverHappens(socket, "closing", ack);
});

test("hundreds at once are all acknowledged, and hold", async () => {
  const users = Array.from({ length: 400 }, (_, index) => `crowd-${index}`);
  const batches = Array.from({ length: 40 }, (_, batch) => users.slice(batch * 10, batch * 10 + 10));
  const tokens = await Promise.all(users.slice(0, 20).map((sub) => token({ sub })));
  const clients = await Promise.all(tokens.map((one) => connectClient(worker.url, { auth: { token: one } })));
  const ends = clients.map(({ socket }) => once(socket, "closing"));

  const answers = await Promise.all(
    batches.map((batch) => revoke({ targets: batch.map((user) => `user:${user}`) })),
  );

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await Promise.all(ends)).toEqual(ends.map(() => [{ code: "token_revoked" }]));
  await eventually(async () => {
    const [, known] = /^realtime_revocations\{.*\} (\d+)$/m.exec(await worker.metrics()) ?? [];
    expect(Number(known)).toBeGreaterThanOrEqual(400);
  });
});

test("the list is read in pages, in order, with a key that may revoke and by nobody else", async () => {
  await revoke({ targets: ["user:list-a", "user:list-b", "user:list-c"] });
  const list = async (query: string, key = admin.key) =>
    apiOf(worker.url, key)("GET", `/v1/revocations?${query}`);

  const first = (await list("after=user:list-&limit=2")).body;
  const second = (await list(`after=${first.next}&limit=2`)).body;

  expect(first.revocations.map(({ target }: { target: string }) => target)).toEqual([
    "user:list-a",
    "user:list-b",
  ]);
  expect(second.revocations[0]).toEqual({
    target: "user:list-c",
    issuedBefore: expect.any(Number),
    until: expect.any(String),
  });
  const users = await token({ sub: "ann" });
  expect((await list("", cron.key)).status).toBe(403);
  expect((await list("", users)).status).toBe(401);
  expect((await apiOf(worker.url, cron.key)("POST", "/v1/revocations", { targets: ["user:x"] })).status).toBe(
    403,
  );
});

test.each([
  [{}],
  [{ targets: [] }],
  [{ targets: Array.from({ length: 101 }, (_, index) => `user:u${index}`) }],
  [{ targets: ["ann"] }],
  [{ targets: ["user:"] }],
  [{ targets: ["user:a b"] }],
  [{ targets: ["room:lobby"] }],
  [{ targets: ["token:"] }],
  [{ targets: ["user:ann"], issuedBefore: "1" }],
  [{ targets: ["user:ann"], issuedBefore: 1.5 }],
  [{ targets: ["user:ann"], issuedBefore: 20_000_000_000 }],
  [{ targets: ["user:ann"], reauthMarginMs: 5000 }],
  [{ targets: ["user:ann"], until: 1 }],
])("what is malformed is refused: %j", async (body) => {
  const answer = await revoke(body);

  expect([answer.status, answer.body.error.code]).toEqual([400, "invalid"]);
});

test("without tokens there is nothing to revoke, and the answer says so", async () => {
  const call = apiOf(open.url, admin.key);

  for (const answer of [
    await call("POST", "/v1/revocations", { targets: ["user:ann"] }),
    await call("GET", "/v1/revocations"),
  ]) {
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: "invalid", message: expect.stringContaining("AUTH") });
  }
  await expect(open.metrics()).resolves.not.toContain("realtime_revocation_list_age_seconds{");
});
