import { apiOf, makeKey } from "../support/api-keys.js";
import { type EventStream, openStream } from "../support/event-stream.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { secretKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";

const SECRET = "a secret of more than thirty-two bytes";
const KEY = secretKey(SECRET);
const admin = makeKey("admin");

let worker: RunningWorker;
let published = 0;

beforeAll(async () => {
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET, API_KEYS: JSON.stringify([admin.entry]) };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
});

const call = (method: string, path: string, body?: object) =>
  apiOf(worker.url, admin.key)(method, path, body);
const nowS = () => Math.floor(Date.now() / 1000);

async function stream(room: string, claims: object): Promise<EventStream> {
  const token = await signToken(KEY, { exp: nowS() + 3600, ...claims });
  return openStream(`${worker.url}/rooms/${room}/stream?limit=0`, { Authorization: `Bearer ${token}` });
}

async function publish(room: string): Promise<void> {
  published += 1;
  const item = { room, id: `m${published}`, from: "bob", body: "words" };
  expect((await call("POST", "/v1/publish", { items: [item] })).status).toBe(200);
}

/** Publishes until the stream has ended. */
async function publishUntilEnded(room: string, { events }: EventStream): Promise<void> {
  await eventually(async () => {
    await publish(room);
    expect(events.at(-1)?.event).toBe("closed");
  });
}

test("a stream ends with the token that it was opened with, and nothing later is sent", async () => {
  const exp = nowS() + 3;
  const reader = await stream("expiring", { exp });

  await publishUntilEnded("expiring", reader);

  const messages = reader.events.slice(0, -1);
  expect(messages.length).toBeGreaterThan(0);
  for (const { event, data } of messages) {
    expect(event).toBe("message");
    expect(Date.parse(String(data.at))).toBeLessThanOrEqual(exp * 1000);
  }
  expect(reader.events.at(-1)?.data).toMatchObject({ code: "token_expired", temporary: false });
});

test("a stream ends when its token is revoked, and nothing later is sent", async () => {
  const reader = await stream("revoked", { sub: "eve" });
  const revoked = await call("POST", "/v1/revocations", { targets: ["user:eve"] });
  expect(revoked.status).toBe(200);

  await publishUntilEnded("revoked", reader);

  expect(reader.events).toHaveLength(1);
  expect(reader.events[0]?.data).toMatchObject({ code: "token_revoked" });
});

test("a quiet stream ends when its token is revoked, too", async () => {
  const reader = await stream("quiet", { sub: "fay" });
  await call("POST", "/v1/revocations", { targets: ["user:fay"] });
  await reader.ended;
  expect(reader.events.map(({ data }) => data.code)).toEqual(["token_revoked"]);
});

test.each([
  [true, []],
  [false, ["forbidden"]],
])("a user's streams are shown, and end with his connections (reconnect: %p)", async (reconnect, codes) => {
  const user = `gone-${reconnect}`;
  const reader = await stream("kitchen", { sub: user });
  const shown = await call("GET", `/v1/users/${user}`);
  expect(shown.body).toMatchObject({
    connections: [{ transport: "stream", rooms: ["kitchen"], roomCount: 1 }],
  });

  const ended = await call("POST", `/v1/users/${user}/disconnect`, { reconnect });

  expect(ended.body).toEqual({ connections: 1 });
  await reader.ended;
  expect(reader.events.map(({ event, data }) => [event, data.code])).toEqual(
    codes.map((code) => ["closed", code]),
  );
});

test("whoever is taken out of a room gets no more of it by a stream, and goes on getting others", async () => {
  const [left, kept] = [await stream("den", { sub: "gil" }), await stream("attic", { sub: "gil" })];
  const other = await stream("den", { sub: "hal" });

  const moved = await call("POST", "/v1/users/gil/rooms", { leave: ["den", "elsewhere"] });

  expect(moved.body).toEqual({ connections: 1, full: 0 });
  await left.ended;
  expect(left.events).toMatchObject([{ event: "closed", data: { code: "forbidden", temporary: false } }]);
  const shown = await call("GET", "/v1/users/gil");
  expect(shown.body).toMatchObject({ connections: [{ rooms: ["attic"] }] });
  for (const room of ["den", "attic"]) await publish(room);
  for (const reader of [kept, other])
    expect(await reader.has(1)).toMatchObject([{ event: "message", data: { from: "bob" } }]);
});

test("a token without the capability opens no stream", async () => {
  const reader = await stream("closed-room", { caps: { "other:*": ["subscribe"] } });
  expect(reader.response.statusCode).toBe(403);
});
