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

const call = (method: string, path: string, body: object) => apiOf(worker.url, admin.key)(method, path, body);
const nowS = () => Math.floor(Date.now() / 1000);

async function stream(room: string, claims: object): Promise<EventStream> {
  const token = await signToken(KEY, { exp: nowS() + 3600, ...claims });
  return openStream(`${worker.url}/rooms/${room}/stream?limit=0`, { Authorization: `Bearer ${token}` });
}

/** Publishes until the stream has ended. */
async function publishUntilEnded(room: string, { events }: EventStream): Promise<void> {
  await eventually(async () => {
    published += 1;
    const item = { room, id: `m${published}`, from: "bob", body: "words" };
    expect((await call("POST", "/v1/publish", { items: [item] })).status).toBe(200);
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

test("a token without the capability opens no stream", async () => {
  const reader = await stream("closed-room", { caps: { "other:*": ["subscribe"] } });
  expect(reader.response.statusCode).toBe(403);
});
