import { features } from "../../src/app/features.js";
import { AppError } from "../../src/contract/errors.js";
import { type Feature, feature } from "../../src/contract/feature.js";
import { apiOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, neverHappens, once } from "../support/wait.js";

const admin = makeKey("admin");
/** Rooms that the rule closes to everybody. */
const closed = new Set<string>();
const doors: Feature = feature("doors", {
  create: () => ({
    rule(_user, { room }) {
      if (room !== undefined && closed.has(room)) throw new AppError("forbidden");
    },
  }),
});

let worker: RunningWorker;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const env = { API_KEYS: JSON.stringify([admin.entry]) };
  worker = await startWorker({
    ...{ mongodbUri: (await startMongo()).uriFor(), env },
    features: [...features, doors],
  });
  api = apiOf(worker.url, admin.key);
});

/** Stores so many messages, with their numbers as their ids. */
async function fill(room: string, count: number): Promise<void> {
  for (let first = 1; first <= count; first += 50) {
    const items = Array.from({ length: Math.min(50, count - first + 1) }, (_, index) => first + index);
    const body = { items: items.map((n) => ({ room, id: `${n}`, from: "cron", body: n })) };
    expect((await api("POST", "/v1/publish", body)).status).toBe(200);
  }
}

async function call(user: string, method: string, path: string, body?: object) {
  const response = await fetch(`${worker.url}${path}`, {
    method,
    headers: { "X-User-Id": user, ...(body && { "Content-Type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const read = (user: string, room: string, upTo: number, more: object = {}) =>
  call(user, "PUT", `/rooms/${room}/read`, { upTo, ...more });

async function roomsOf(user: string, query = "") {
  const { body } = await call(user, "GET", `/me/rooms${query}`);
  return body as { rooms: Record<string, unknown>[]; next?: string };
}

const join = async (user: string) => (await connectClient(worker.url, { auth: { user } })).socket;

test("a cursor moves on, never back and never beyond the head, whatever the way in", async () => {
  await fill("moves", 5);
  const socket = await join("ann");
  const at = (read: number) => ({ room: "moves", epoch: expect.any(String), read });

  expect(await emitAck(socket, "read", { room: "moves", upTo: 3 })).toEqual({ ok: true, ...at(3) });
  expect(await emitAck(socket, "read", { room: "moves", upTo: 2 })).toEqual({ ok: true, ...at(3) });
  expect(await read("ann", "moves", 900)).toEqual({ status: 200, body: at(5) });

  expect((await roomsOf("ann")).rooms).toEqual([expect.objectContaining(at(5))]);
});

test("who tells of everything that he reads has few writes of it, and the last one counts", async () => {
  await fill("busy", 40);
  const socket = await join("ben");
  const told: number[] = [];
  socket.on("read", (news: { read: number }) => told.push(news.read));

  const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
  const answers = await Promise.all(numbers.map((upTo) => emitAck(socket, "read", { room: "busy", upTo })));

  for (const answer of answers) expect(answer).toMatchObject({ ok: true });
  expect(answers.at(-1)).toMatchObject({ read: 40 });
  await eventually(() => expect(told.at(-1)).toBe(40));
  expect(told.length).toBeLessThan(20);
  expect(told).toEqual([...told].sort((one, other) => one - other));
});

test("unread counts messages and not numbers, to 99, and 100 stands for more", async () => {
  await fill("counted", 3);
  await fill("counted-more", 150);
  for (const room of ["counted", "counted-more"]) await read("cat", room, 1);

  const unread = async () => (await roomsOf("cat")).rooms.map(({ unread, head }) => [unread, head]);
  expect(await unread()).toEqual([
    [2, 3],
    [100, 150],
  ]);
  await read("cat", "counted-more", 51);
  expect(await unread()).toEqual([
    [2, 3],
    [99, 150],
  ]);
  expect((await roomsOf("cat")).rooms[0]?.last).toEqual({
    ...{ seq: 3, id: "3", from: "cron", body: 3 },
    at: expect.any(String),
  });
});

test("the user's other devices hear of it, and who watches the room; a subscriber who does not watch hears nothing", async () => {
  await fill("heard", 2);
  const [phone, laptop, watcher, subscriber] = [
    await join("dan"),
    await join("dan"),
    await join("watcher"),
    await join("subscriber"),
  ];
  await emitAck(watcher, "presence", { room: "heard", watch: true });
  await emitAck(subscriber, "subscribe", { room: "heard" });
  const news = { room: "heard", epoch: expect.any(String), read: 2, user: "dan" };

  const heard = Promise.all([once(laptop, "read"), once(watcher, "read")]);
  await neverHappens(
    subscriber,
    "read",
    Promise.all([emitAck(phone, "read", { room: "heard", upTo: 2 }), heard]),
  );
  expect(await heard).toEqual([[news], [news]]);
  // Again: nothing has moved, and nobody is told.
  await neverHappens(laptop, "read", emitAck(phone, "read", { room: "heard", upTo: 2 }));
});

test("a number of another log moves nothing, and a room that was emptied has nothing unread", async () => {
  await fill("emptied", 4);
  const { body } = await read("eve", "emptied", 1);
  await api("DELETE", "/v1/rooms/emptied");

  const [emptied] = (await roomsOf("eve")).rooms;
  expect(emptied).toMatchObject({ room: "emptied", read: 0, unread: 0, head: 4 });
  expect(emptied?.last).toBeUndefined();
  expect(emptied?.epoch).not.toBe(body.epoch);
  await fill("emptied", 2);
  expect(await read("eve", "emptied", 6, { epoch: body.epoch })).toMatchObject({ body: { read: 0 } });
  expect((await roomsOf("eve")).rooms).toMatchObject([{ read: 0, unread: 2 }]);
  expect(await read("eve", "emptied", 6)).toMatchObject({ body: { read: 6 } });
});

test("rooms that the user may not read any more are not on the list, and its pages go on behind them", async () => {
  for (const room of ["list:a", "list:b", "list:c"]) {
    await fill(room, 1);
    await read("fay", room, 0);
  }
  closed.add("list:b");

  const first = await roomsOf("fay", "?limit=2");
  expect(first).toMatchObject({ rooms: [{ room: "list:a" }], next: "list:b" });
  const second = await roomsOf("fay", `?limit=2&after=${first.next}`);
  expect(second).toMatchObject({ rooms: [{ room: "list:c" }] });
  expect(second.next).toBeUndefined();
  expect(await read("fay", "list:b", 1)).toMatchObject({ status: 403 });
  // To go needs no right.
  expect(await call("fay", "DELETE", "/rooms/list:b/read")).toEqual({
    status: 200,
    body: { room: "list:b" },
  });
  closed.delete("list:b");
  expect((await roomsOf("fay")).rooms.map(({ room }) => room)).toEqual(["list:a", "list:c"]);
});

test("nobody sees the cursors of somebody whose name begins as his", async () => {
  await fill("alike", 1);
  for (const user of ["gus", "gus-1", "gus0", "gus|x"]) await read(user, "alike", 1);

  expect((await roomsOf("gus")).rooms).toHaveLength(1);
  expect(await call("gus", "DELETE", "/rooms/alike/read")).toMatchObject({ status: 200 });
  for (const user of ["gus-1", "gus0", "gus|x"]) expect((await roomsOf(user)).rooms).toHaveLength(1);
});

test("a room that nobody has used has no cursor, and is not made by one", async () => {
  expect(await read("hal", "never", 1)).toMatchObject({
    status: 404,
    body: { error: { code: "not_found" } },
  });
  expect((await roomsOf("hal")).rooms).toEqual([]);
  expect((await api("GET", "/v1/rooms/never")).status).toBe(404);
});
