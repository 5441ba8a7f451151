import type { Socket } from "socket.io-client";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, neverHappens, once } from "../support/wait.js";

let shoal: Shoal;

beforeAll(async () => {
  shoal = await spawnShoal({ env: { MAX_ROOMS_PER_SOCKET: "3" } });
});

async function connect(user: string): Promise<Socket> {
  return (await connectClient(shoal.url, { auth: { user } })).socket;
}

async function enter(room: string, user: string): Promise<Socket> {
  const socket = await connect(user);
  await expect(emitAck(socket, "subscribe", { room, limit: 0 })).resolves.toMatchObject({ ok: true });
  return socket;
}

test("a subscriber is present at once, once for all its connections, until it unsubscribes or is cut off", async () => {
  const observer = await connect("observer");
  const [first, second] = [await enter("r1", "ann"), await enter("r1", "ann")];
  const here = { ok: true, users: ["ann"], count: 1 };
  expect(await emitAck(observer, "presence", { room: "r1" })).toEqual(here);

  await emitAck(first, "unsubscribe", { room: "r1" });
  expect(await emitAck(observer, "presence", { room: "r1" })).toEqual(here);
  second.disconnect();
  await eventually(async () =>
    expect(await emitAck(observer, "presence", { room: "r1" })).toEqual({ ok: true, users: [], count: 0 }),
  );
});

test("a watcher is no member, gets the changes, and no more of them when it has had enough", async () => {
  const observer = await connect("observer");
  const started = await emitAck(observer, "presence", { room: "r2", watch: true });
  expect(started).toEqual({ ok: true, users: [], count: 0 });

  const joined = once(observer, "presence");
  const ann = await enter("r2", "ann");
  expect(await joined).toEqual([{ room: "r2", joined: ["ann"], left: [], count: 1 }]);
  const left = once(observer, "presence");
  ann.disconnect();
  expect(await left).toEqual([{ room: "r2", joined: [], left: ["ann"], count: 0 }]);

  const stopped = await emitAck(observer, "presence", { room: "r2", watch: false });
  expect(stopped).toEqual({ ok: true, users: [], count: 0 });
  const other = await connect("other");
  await emitAck(other, "presence", { room: "r2", watch: true });
  const heardByOther = once(other, "presence");
  await neverHappens(observer, "presence", Promise.all([enter("r2", "bob"), heardByOther]));
});

test("watching counts as a room of the connection, asking does not", async () => {
  const socket = await connect("ann");
  for (const room of ["a", "b", "c", "a"]) {
    const answer = await emitAck(socket, "presence", { room, watch: true });
    expect(answer).toMatchObject({ ok: true });
  }

  expect(await emitAck(socket, "presence", { room: "d", watch: true })).toMatchObject({
    ok: false,
    error: { code: "too_many_rooms" },
  });
  expect(await emitAck(socket, "presence", { room: "d" })).toMatchObject({ ok: true });
});

test.each([
  ["no name", {}],
  ["a bad name", { room: "a/b" }],
  ["a watch that is no boolean", { room: "a", watch: 1 }],
])("a question with %s is refused", async (_what, payload) => {
  const socket = await connect("ann");
  expect(await emitAck(socket, "presence", payload)).toMatchObject({ ok: false, error: { code: "invalid" } });
});
