import { apiOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

const key = makeKey("all");

let worker: RunningWorker;
let call: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const env = { API_KEYS: JSON.stringify([key.entry]) };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  call = apiOf(worker.url, key.key);
});

const messagesOf = async (room: string) => {
  const response = await fetch(`${worker.url}/rooms/${room}/messages`, { headers: { "X-User-Id": "ann" } });
  return ((await response.json()) as { messages: { id: string; from: string; body: unknown }[] }).messages;
};

describe("POST /v1/publish", () => {
  test("stores messages in the order of the items and answers in it", async () => {
    const items = Array.from({ length: 100 }, (_, index) => ({
      ...{ room: `batch-${index % 3}`, id: `m-${index}`, from: "cron", body: { index } },
    }));

    const { status, body } = await call("POST", "/v1/publish", { items });

    expect(status).toBe(200);
    expect(body.results).toEqual(
      items.map(({ room, id }, index) => ({ ok: true, room, id, seq: Math.floor(index / 3) + 1 })),
    );
    expect((await messagesOf("batch-1")).map(({ id }) => id)).toEqual(
      items.filter(({ room }) => room === "batch-1").map(({ id }) => id),
    );
  });

  test("reaches subscribers as every other message", async () => {
    const { socket } = await connectClient(worker.url);
    const heard: unknown[] = [];
    socket.on("messages", ({ messages }) => heard.push(...messages));
    await emitAck(socket, "subscribe", { room: "live" });

    await call("POST", "/v1/publish", { items: [{ room: "live", id: "m", from: "cron", body: "hello" }] });

    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard).toEqual([expect.objectContaining({ seq: 1, id: "m", from: "cron", body: "hello" })]);
  });

  test("stores what is sent again once, however its fields are ordered", async () => {
    const item = { room: "again", id: "m", from: "cron", body: { a: 1, b: [-0] } };
    const first = await call("POST", "/v1/publish", { items: [item] });

    const second = await call("POST", "/v1/publish", { items: [{ ...item, body: { b: [-0], a: 1 } }] });

    expect(second.body).toEqual(first.body);
    expect(await messagesOf("again")).toHaveLength(1);
  });

  test("refuses an id that has another body, in one request and later, and stores the others", async () => {
    const item = { room: "conflict", id: "m", from: "cron", body: "one" };

    const { body } = await call("POST", "/v1/publish", {
      items: [item, { ...item, body: "two" }, { ...item, id: "n", body: "three" }],
    });
    const later = await call("POST", "/v1/publish", { items: [{ ...item, body: "four" }] });

    const conflict = {
      ok: false,
      room: "conflict",
      id: "m",
      error: expect.objectContaining({ code: "id_conflict" }),
    };
    expect(body.results).toEqual([
      { ok: true, room: "conflict", id: "m", seq: 1 },
      conflict,
      { ok: true, room: "conflict", id: "n", seq: 2 },
    ]);
    expect(later.body.results).toEqual([conflict]);
    expect((await messagesOf("conflict")).map((message) => message.body)).toEqual(["one", "three"]);
  });

  test("takes the same id of another sender for another message, as everywhere", async () => {
    const item = { room: "senders", id: "m", from: "ann", body: "hello" };

    const { body } = await call("POST", "/v1/publish", { items: [item, { ...item, from: "bob" }] });

    expect(body.results).toEqual([expect.objectContaining({ seq: 1 }), expect.objectContaining({ seq: 2 })]);
  });

  test.each([
    ["no item", []],
    ["101 items", Array.from({ length: 101 }, (_, n) => ({ room: "r", id: `m-${n}`, from: "x", body: 1 }))],
    ["a sender that is none", [{ room: "r", id: "m", from: "a/b", body: 1 }]],
    ["a room that is none", [{ room: "a/b", id: "m", from: "x", body: 1 }]],
    ["no body", [{ room: "r", id: "m", from: "x" }]],
  ])("refuses %s, and stores nothing", async (_what, items) => {
    const { status, body } = await call("POST", "/v1/publish", { items });

    expect([status, body.error.code]).toEqual([400, "invalid"]);
    expect(await messagesOf("r")).toEqual([]);
  });
});

describe("POST /v1/broadcast", () => {
  test("stores one message in each of the rooms", async () => {
    const rooms = ["cast-a", "cast-b"];

    const { body } = await call("POST", "/v1/broadcast", { rooms, id: "m", from: "cron", body: "to all" });

    expect(body.results).toEqual(rooms.map((room) => ({ ok: true, room, id: "m", seq: 1 })));
    for (const room of rooms)
      expect(await messagesOf(room)).toEqual([expect.objectContaining({ id: "m", body: "to all" })]);
  });

  test("answers for each room by itself", async () => {
    await call("POST", "/v1/publish", { items: [{ room: "cast-c", id: "m", from: "cron", body: "other" }] });

    const request = { rooms: ["cast-c", "cast-d"], id: "m", from: "cron", body: "to all" };
    const { body } = await call("POST", "/v1/broadcast", request);

    expect(body.results).toEqual([
      expect.objectContaining({ room: "cast-c", error: expect.objectContaining({ code: "id_conflict" }) }),
      { ok: true, room: "cast-d", id: "m", seq: 1 },
    ]);
  });
});

test("a key uses up nothing of the rate of rooms in which it may not publish", async () => {
  const stranger = makeKey("stranger", { "own:*": ["publish"] });
  const env = { API_KEYS: JSON.stringify([key.entry, stranger.entry]), RATE_ROOM_PUBLISH: "1,100" };
  const limited = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const items = Array.from({ length: 100 }, (_, n) => ({ room: "busy", id: `m-${n}`, from: "x", body: n }));
  const publish = (made: typeof key) => apiOf(limited.url, made.key)("POST", "/v1/publish", { items });

  const refused = [await publish(stranger), await publish(stranger)].at(-1) ?? { body: {} };
  const stored = await publish(key);
  // The first batch may leave a token, as time passes; it lets in another one, which leaves a debt of 100.
  const beyond = [await publish(key), await publish(key)].at(-1) ?? { status: 0, body: {} };

  expect(refused.body.results[0].error.code).toBe("forbidden");
  expect([stored.status, stored.body.results[0].ok]).toEqual([200, true]);
  expect([beyond.status, beyond.body.error.code]).toEqual([429, "rate_limited"]);
});
