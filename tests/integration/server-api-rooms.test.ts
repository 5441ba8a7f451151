import { apiOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

const all = makeKey("all");
const reader = makeKey("reader", { "*": ["read"] });
const writer = makeKey("writer", { "*": ["publish"] });

let worker: RunningWorker;
let call: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const env = { API_KEYS: JSON.stringify([all.entry, reader.entry, writer.entry]) };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  call = apiOf(worker.url, all.key);
});

const publish = (room: string, ...ids: string[]) =>
  call("POST", "/v1/publish", { items: ids.map((id) => ({ room, id, from: "cron", body: id })) });

/** A page from the beginning, as a user gets it. */
async function pageOf(room: string, query = "") {
  const response = await fetch(`${worker.url}/rooms/${room}/messages${query}`, {
    headers: { "X-User-Id": "ann" },
  });
  return (await response.json()) as { messages?: { id: string; seq: number }[]; reset?: true; epoch: string };
}

test("rooms are listed page by page, by the beginning of their names", async () => {
  for (const room of ["list:a", "list:b", "list:c", "listing", "other"]) await publish(room, "m");

  const first = await call("GET", "/v1/rooms?prefix=list:&limit=2");
  const second = await call("GET", `/v1/rooms?prefix=list:&limit=2&after=${first.body.next}`);

  const stateOf = (room: string) => ({ room, epoch: expect.any(String), floor: 0, head: 1 });
  expect(first.body).toEqual({ rooms: [stateOf("list:a"), stateOf("list:b")], next: "list:b" });
  expect(second.body).toEqual({ rooms: [stateOf("list:c")] });
});

test("a room tells where it stands and how many are in it", async () => {
  await publish("state", "m-1", "m-2");
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  await emitAck(socket, "subscribe", { room: "state" });

  await eventually(async () => {
    const { body } = await call("GET", "/v1/rooms/state");
    expect(body).toEqual({ room: "state", epoch: expect.any(String), floor: 0, head: 2, members: 1 });
  });
  await eventually(async () => {
    const { body, headers } = await call("GET", "/v1/rooms/state/presence");
    expect(body).toEqual({ users: ["ann"], count: 1 });
    expect(headers.get("cache-control")).toBe("no-store");
  });
});

test("a key that may page reads what users read, on and back, and no other key does", async () => {
  await publish("paged", "m-1", "m-2", "m-3");
  const asReader = apiOf(worker.url, reader.key);

  const { status, body } = await asReader("GET", "/v1/rooms/paged/messages?after=1");
  expect([status, body]).toEqual([200, await pageOf("paged", "?after=1")]);
  expect(body.messages.map(({ id }: { id: string }) => id)).toEqual(["m-2", "m-3"]);
  expect((await asReader("GET", "/v1/rooms/paged/messages?before=3&limit=1")).body).toMatchObject({
    messages: [{ id: "m-2" }],
    more: true,
  });
  const refused = await apiOf(worker.url, writer.key)("GET", "/v1/rooms/paged/messages");
  expect([refused.status, refused.body.error.code]).toEqual([403, "forbidden"]);
});

test("a room that was never used is none, and asking makes none", async () => {
  for (const method of ["GET", "DELETE"]) {
    const { status, body } = await call(method, "/v1/rooms/never");
    expect([method, status, body.error.code]).toEqual([method, 404, "not_found"]);
  }
  expect((await call("GET", "/v1/rooms?prefix=never")).body).toEqual({ rooms: [] });
});

describe("DELETE /v1/rooms/:room", () => {
  test("removes the messages for good, and its numbers go on", async () => {
    await publish("ended", "m-1", "m-2");
    const before = await pageOf("ended");

    const { status, body } = await call("DELETE", "/v1/rooms/ended");

    expect([status, body]).toEqual([200, { room: "ended", epoch: expect.any(String), floor: 2, head: 2 }]);
    expect(body.epoch).not.toBe(before.epoch);
    expect(await pageOf("ended")).toMatchObject({ messages: [], epoch: body.epoch });
    expect(await pageOf("ended", `?after=1&epoch=${before.epoch}`)).toMatchObject({ reset: true });
    expect((await publish("ended", "m-1")).body.results).toEqual([
      { ok: true, room: "ended", id: "m-1", seq: 3 },
    ]);
    expect((await pageOf("ended")).messages).toEqual([expect.objectContaining({ id: "m-1", seq: 3 })]);
  });

  test("has subscribers begin afresh", async () => {
    await publish("followed", "m-1");
    const { socket } = await connectClient(worker.url);
    const page = await emitAck<{ epoch: string }>(socket, "subscribe", { room: "followed" });
    const heard: { epoch: string; to: number; messages: unknown[] }[] = [];
    socket.on("messages", (batch) => heard.push(batch));

    const { body } = await call("DELETE", "/v1/rooms/followed");

    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard[0]).toMatchObject({ epoch: body.epoch, after: 1, to: 1, messages: [] });
    const again = await emitAck(socket, "subscribe", {
      ...{ room: "followed", after: 1, epoch: page.epoch },
    });
    expect(again).toMatchObject({ ok: true, reset: true, epoch: body.epoch, floor: 1, to: 1 });
    await emitAck(socket, "subscribe", { room: "followed" });
    await publish("followed", "m-2");
    await eventually(() => expect(heard.at(-1)).toMatchObject({ epoch: body.epoch, to: 2 }));
  });

  test("needs the right to manage the room", async () => {
    await publish("kept", "m-1");

    const { status } = await apiOf(worker.url, reader.key)("DELETE", "/v1/rooms/kept");

    expect(status).toBe(403);
    expect((await pageOf("kept")).messages).toHaveLength(1);
  });
});
