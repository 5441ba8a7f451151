import { createRoomClient } from "../../client/room-client.js";
import { AppError, type ErrorCode } from "../../src/contract/errors.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { neverHappens, once } from "../support/wait.js";

let worker: RunningWorker;
let rooms = 0;

beforeAll(async () => {
  const mongo = await startMongo();
  const env = { MAX_ROOMS_PER_SOCKET: "2", ROOM_PAGE_MESSAGES: "3", ROOM_PUBLISH_MESSAGES: "5" };
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
});

/** A name that no other test uses. */
function newRoom(): string {
  rooms += 1;
  return `room-${rooms}`;
}

const client = (user: string) => connectClient(worker.url, { auth: { user } });
const bodies = (...ids: string[]) => ids.map((id) => ({ id, body: `body of ${id}` }));
const publish = ({ socket }: Client, room: string, ...ids: string[]) =>
  emitAck(socket, "publish", { room, messages: bodies(...ids) });
const stored = (seq: number, id: string, from: string) => ({
  seq,
  id,
  from,
  at: expect.any(String),
  body: `body of ${id}`,
});
const refused = (code: ErrorCode) => ({
  ok: false,
  error: { ...new AppError(code).body, message: expect.any(String) },
});

function http(path: string, user: string, message?: object): Promise<Response> {
  const headers = { "Content-Type": "application/json", "X-User-Id": user };
  if (message === undefined) return fetch(worker.url + path, { headers });
  return fetch(worker.url + path, { method: "POST", headers, body: JSON.stringify(message) });
}

describe("a durable room", () => {
  test("numbers what is published from 1, and tells subscribers live, the sender too", async () => {
    const room = newRoom();
    const ann = await client("ann");
    await emitAck(ann.socket, "subscribe", { room });
    const live = once(ann.socket, "messages");

    expect(await publish(ann, room, "a", "b")).toEqual({ ok: true, seqs: [1, 2] });

    const messages = [stored(1, "a", "ann"), stored(2, "b", "ann")];
    expect(await live).toEqual([{ room, epoch: expect.any(String), after: 0, to: 2, messages }]);
  });

  test("stores a message once, however often and by whatever way it is sent", async () => {
    const room = newRoom();
    const ann = await client("ann");
    await publish(ann, room, "a", "b");

    const resent = { room, messages: bodies("b", "c", "c"), retry: true };
    expect(await emitAck(ann.socket, "publish", resent)).toEqual({ ok: true, seqs: [2, 3, 3] });
    const again = await http(`/rooms/${room}/messages`, "ann", { id: "a", body: "body of a" });
    expect(await again.json()).toEqual({ room, seq: 1, id: "a" });
  });

  test("takes the same id of two senders for two messages", async () => {
    const room = newRoom();
    const [ann, bob] = await Promise.all([client("ann"), client("bob")]);

    expect(await publish(ann, room, "x")).toEqual({ ok: true, seqs: [1] });
    expect(await publish(bob, room, "x")).toEqual({ ok: true, seqs: [2] });
  });

  test("is not made by reading it over HTTP", async () => {
    const room = newRoom();
    const read = async (query: string) => (await http(`/rooms/${room}/messages?${query}`, "ann")).json();
    const none = { room, epoch: null, after: 0, to: 0, messages: [] };

    expect(await read("after=0")).toEqual({ ...none, live: true });
    expect(await read("limit=2")).toEqual({ ...none, live: true });
    expect(await read("before=9")).toEqual({ ...none, more: false });
    expect(await read("epoch=e")).toEqual({ room, reset: true, epoch: null, floor: 0, to: 0 });
    // What was made by then would have an epoch.
    expect(await read("after=0")).toEqual({ ...none, live: true });
    await publish(await client("ann"), room, "a");
    expect(await read("after=0")).toMatchObject({ to: 1, messages: [stored(1, "a", "ann")] });
  });

  test("tells its true end to whoever asks for what is beyond it", async () => {
    const room = newRoom();
    await publish(await client("ann"), room, "a", "b");
    const read = async (query: string): Promise<Record<string, unknown>> =>
      JSON.parse(await (await http(`/rooms/${room}/messages?${query}`, "ann")).text());

    const page = await read("after=1000000");
    expect(page).toMatchObject({ after: 2, to: 2, messages: [] });
    expect(await read(`after=1000000&epoch=${page.epoch}`)).toMatchObject({ reset: true, to: 2 });
    expect(await read(`after=2&epoch=${page.epoch}`)).toMatchObject({ after: 2, to: 2, live: true });
  });

  test("is read page by page, and live from the last page on", async () => {
    const room = newRoom();
    const ann = await client("ann");
    await publish(ann, room, "a", "b", "c", "d", "e");
    const { socket } = await client("bob");

    const page = await emitAck(socket, "subscribe", { room, after: 0, limit: 2 });

    // Near the head a page may bring all the rest from memory; it then tells that it is the last one.
    expect(page).toMatchObject({ ok: true, after: 0, to: 5, live: true });
    const live = once(socket, "messages");
    await publish(ann, room, "f");
    expect(await live).toMatchObject([{ after: 5, to: 6, messages: [stored(6, "f", "ann")] }]);
  });

  test("tells a position of another log that it is void", async () => {
    const room = newRoom();
    const ann = await client("ann");
    await publish(ann, room, "a");

    const answer = await emitAck(ann.socket, "subscribe", { room, after: 1, epoch: "another" });

    expect(answer).toEqual({ ok: true, reset: true, epoch: expect.any(String), floor: 0, to: 1 });
  });

  test("is silent after unsubscribing", async () => {
    const room = newRoom();
    const [ann, bob] = await Promise.all([client("ann"), client("bob")]);
    await emitAck(bob.socket, "subscribe", { room });
    await emitAck(bob.socket, "unsubscribe", { room });
    await emitAck(bob.socket, "join", { room: "marker" });

    await publish(ann, room, "a");

    await emitAck(ann.socket, "join", { room: "marker" });
    const marker = once(bob.socket, "message");
    ann.socket.emit("message", { room: "marker", body: "now" });
    await neverHappens(bob.socket, "messages", marker);
  });

  test("refuses what can never be stored, and stores nothing of it", async () => {
    const room = newRoom();
    const { socket } = await client("ann");
    const send = (messages: unknown) => emitAck(socket, "publish", { room, messages });

    expect(await send([])).toEqual(refused("invalid"));
    expect(await send(bodies("1", "2", "3", "4", "5", "6"))).toEqual(refused("invalid"));
    expect(await send([{ id: "a/b", body: 1 }])).toEqual(refused("invalid"));
    expect(await send([...bodies("fine"), { id: "big", body: "x".repeat(70_000) }])).toEqual(
      refused("too_large"),
    );

    const page = await emitAck(socket, "subscribe", { room, after: 0 });
    expect(page).toMatchObject({ to: 0, messages: [] });
  });

  test("counts as one of the rooms that a connection may be in", async () => {
    const { socket } = await client("ann");
    await emitAck(socket, "subscribe", { room: newRoom() });
    await emitAck(socket, "join", { room: "relay" });

    expect(await emitAck(socket, "subscribe", { room: newRoom() })).toEqual(refused("too_many_rooms"));
  });
});

describe("a durable room over HTTP", () => {
  test("is read onwards and backwards, with the limit that is asked for", async () => {
    const room = newRoom();
    await publish(await client("ann"), room, "a", "b", "c", "d");
    const read = async (query: string) => (await http(`/rooms/${room}/messages?${query}`, "bob")).json();

    expect(await read("after=1&limit=2")).toMatchObject({ after: 1, to: 3, live: false });
    expect(await read("before=4&limit=2")).toMatchObject({
      after: 1,
      to: 3,
      more: true,
      messages: [stored(2, "b", "ann"), stored(3, "c", "ann")],
    });
    expect(await read("before=2")).toMatchObject({ after: 0, to: 1, more: false });
  });

  test.each<[string, string, object, ErrorCode]>([
    ["no user", "", { id: "a", body: 1 }, "invalid"],
    ["an unfit user", "a b", { id: "a", body: 1 }, "invalid"],
    ["no id", "ann", { body: 1 }, "invalid"],
    ["no body", "ann", { id: "a" }, "invalid"],
    ["a body too large", "ann", { id: "a", body: "x".repeat(70_000) }, "too_large"],
  ])("refuses a message with %s", async (_what, user, message, code: ErrorCode) => {
    const response = await http(`/rooms/${newRoom()}/messages`, user, message);

    expect(await response.json()).toEqual({ error: refused(code).error });
  });

  test.each([".", ".."])("and all else refuse the name %s, which URLs cannot say", async (room) => {
    const { socket } = await client("ann");
    expect(await emitAck(socket, "publish", { room, messages: bodies("a") })).toEqual(refused("invalid"));
    expect(await emitAck(socket, "join", { room })).toEqual(refused("invalid"));
    expect(await emitAck(socket, "presence", { room })).toEqual(refused("invalid"));
  });

  test("gives a page to who asks for more than one, as to sockets", async () => {
    const room = newRoom();
    const ann = await client("ann");
    await publish(ann, room, "a", "b", "c", "d");
    const read = async (query: string) => (await http(`/rooms/${room}/messages?${query}`, "ann")).json();

    expect(await emitAck(ann.socket, "subscribe", { room, after: 0, limit: 1000 })).toMatchObject({
      ok: true,
    });
    expect(await read("after=0&limit=1000")).toMatchObject({ to: 3, live: false });
    expect(await read("limit=9007199254740991")).toMatchObject({ to: 3, live: false });
    expect(await read("before=5&limit=1000")).toMatchObject({ after: 1, to: 4, more: true });
  });

  test("refuses a number that JSON cannot say, as sockets do", async () => {
    const headers = { "Content-Type": "application/json", "X-User-Id": "ann" };
    const body = '{"id":"a","body":{"a":1e400}}';
    const answer = await fetch(`${worker.url}/rooms/${newRoom()}/messages`, {
      method: "POST",
      headers,
      body,
    });
    expect(answer.status).toBe(400);
  });

  test.each([
    ...["after=-1", "after=x", "limit=0", "before=1&after=1", "nonsense=1", "epoch=", "after="],
    ...[
      "after=1e0",
      "after=0x1",
      "after=1.0",
      "after=%2B1",
      "after=01",
      "after=%201",
      "limit=0x2",
      "limit=2e0",
    ],
    ...["after=9007199254740992", "before=1e0", "before=", "after=1&after=1", "after[]=1", "limit="],
  ])("refuses the query %s", async (query) => {
    expect((await http(`/rooms/${newRoom()}/messages?${query}`, "ann")).status).toBe(400);
  });
});

describe("the client library", () => {
  test("gives up what no repetition changes: a room too many, a body too large", async () => {
    const { socket } = await client("ann");
    const emitted: string[] = [];
    socket.onAnyOutgoing((event: string) => emitted.push(event));
    const rooms = createRoomClient(socket, { maxBytes: 100_000, pause: () => Promise.resolve() });
    const open = (name: string) =>
      new Promise<string>((resolve) => {
        rooms.room(name, {
          start: { after: 0 },
          onMessage: () => resolve("a message"),
          onError: ({ code }) => resolve(code),
        });
      });
    const names = [newRoom(), newRoom()];
    for (const name of names) await publish(await client("bob"), name, "a");
    for (const name of names) await expect(open(name)).resolves.toBe("a message");

    await expect(open(newRoom())).resolves.toBe("too_many_rooms");
    expect(emitted).toEqual(["subscribe", "subscribe", "subscribe"]);
    const sender = rooms.room(newRoom());
    await expect(sender.publish("x".repeat(70_000))).rejects.toMatchObject({ code: "too_large" });
    expect(emitted.slice(3)).toEqual(["publish"]);
    rooms.close();
  });
});
