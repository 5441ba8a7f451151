import { setTimeout as sleep } from "node:timers/promises";
import type { Socket } from "socket.io-client";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, neverHappens, once } from "../support/wait.js";
import { complaints } from "./support/complaints.js";

interface Answer {
  readonly ok: boolean;
  readonly users: string[];
  readonly count: number;
}

interface Change {
  readonly room: string;
  readonly joined: string[];
  readonly left: string[];
}

let mongo: MongoServer;
let redis: RedisServer;
let uri: string;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
  uri = mongo.uriFor();
});

const spawn = (workers: number) => spawnShoal({ workers, mongodbUri: uri, redisUrl: redis.url });

/** Connects as this user, to this worker if it matters. */
async function connect(shoal: Shoal, user: string, worker?: number): Promise<Client> {
  for (let tries = 0; tries < 20; tries += 1) {
    const client = await connectClient(shoal.url, { auth: { user } });
    if (worker === undefined || client.session.worker === worker) return client;
    client.socket.disconnect();
  }
  throw new Error(`worker ${worker} never came up`);
}

async function enter(shoal: Shoal, room: string, user: string, worker?: number): Promise<Client> {
  const client = await connect(shoal, user, worker);
  await expect(emitAck(client.socket, "subscribe", { room, limit: 0 })).resolves.toMatchObject({ ok: true });
  return client;
}

async function ask(socket: Socket, room: string, watch?: boolean): Promise<string[]> {
  const question = watch === undefined ? { room } : { room, watch };
  const answer = await emitAck<Answer>(socket, "presence", question);
  expect(answer).toMatchObject({ ok: true, count: answer.users.length });
  return answer.users.toSorted();
}

function eventuallyThere(sockets: readonly Socket[], room: string, users: string[], withinMs?: number) {
  const check = async () => {
    for (const socket of sockets) expect(await ask(socket, room)).toEqual(users);
  };
  return eventually(check, withinMs === undefined ? {} : { withinMs });
}

function record(socket: Socket, room: string): string[] {
  const told: string[] = [];
  socket.on("presence", (change: Change) => {
    if (change.room !== room) return;
    told.push(...change.joined.map((user) => `+${user}`), ...change.left.map((user) => `-${user}`));
  });
  return told;
}

function pidOf(shoal: Shoal, worker: number): number {
  const pid = shoal.workers().get(worker);
  if (pid === undefined) throw new Error(`worker ${worker} is not there`);
  return pid;
}

describe("ends without goodbye", () => {
  let house: Shoal;
  let other: Shoal;
  let lost: Shoal;
  let near: Socket;
  let far: Socket;

  beforeAll(async () => {
    house = await spawn(2);
    other = await spawn(2);
    lost = await spawn(2);
    near = (await connect(house, "near", 1)).socket;
    far = (await connect(other, "far", 1)).socket;
  });

  async function killedWorker(): Promise<void> {
    const room = "killed";
    const { socket } = await enter(house, room, "ann", 2);
    await enter(house, room, "bob", 2);
    await enter(house, room, "cid", 1);
    await eventuallyThere([near, far], room, ["ann", "bob", "cid"]);
    const told = [record(near, room), record(far, room)];
    await Promise.all([ask(near, room, true), ask(far, room, true)]);

    const cut = once(socket, "disconnect");
    process.kill(pidOf(house, 2), "SIGKILL");
    await eventuallyThere([near, far], room, ["cid"], 1000);
    await cut;
    await enter(house, room, "ann", 1);
    const leftAfterMs = performance.now();
    await eventually(() => expect(told).toEqual([["-bob"], ["-bob"]]), { withinMs: 13_000 });
    expect(performance.now() - leftAfterMs).toBeGreaterThan(7000);
    await eventuallyThere([near, far], room, ["ann", "cid"], 1000);
  }

  async function lostMachine(): Promise<void> {
    const room = "lost";
    await enter(lost, room, "ann");
    await enter(lost, room, "bob");
    await eventuallyThere([near, far], room, ["ann", "bob"]);
    const told = record(far, room);
    await ask(far, room, true);

    await lost.kill9();
    await eventuallyThere([near, far], room, [], 15_000);
    await eventually(() => expect(told.toSorted()).toEqual(["-ann", "-bob"]), { withinMs: 1500 });
  }

  async function pausedWorker(): Promise<void> {
    const room = "paused";
    await enter(other, room, "ann", 2);
    await eventuallyThere([near, far], room, ["ann"]);
    const pid = pidOf(other, 2);
    process.kill(pid, "SIGSTOP");
    await eventuallyThere([near, far], room, [], 15_000);
    process.kill(pid, "SIGCONT");
    await eventuallyThere([near, far], room, ["ann"], 5000);
  }

  // Together, as each of them waits for most of its time.
  test("a killed worker is out of answers within 1 s and leaves after 10 s, a lost machine goes within 15 s, a paused worker comes back", async () => {
    await Promise.all([killedWorker(), lostMachine(), pausedWorker()]);
    const logs = [...house.logs, ...other.logs];
    expect(complaints(logs).filter((line) => !line.includes("worker ended"))).toEqual([]);
  });
});

/** A client's second of waiting, its handshake and a busy machine. */
const RETURN = { withinMs: 10_000 };

describe("a rolling restart", () => {
  test("tells nobody of anybody who came back", async () => {
    const room = "rolling";
    const users = ["ann", "bob", "cid", "dan"];
    const [told, lists]: [string[], Set<string>[]] = [[], []];
    const first = await spawn(2);
    const second = await spawn(2);
    let homes = [first, second];

    /** As browsers do it: back where it can, about a second after it was cut off. */
    async function come(user: string, turn: number): Promise<void> {
      const { socket } = await enter(homes[turn % homes.length] ?? first, room, user);
      const list = new Set<string>();
      socket.on("presence", ({ joined, left }: Change) => {
        for (const name of joined) list.add(name);
        for (const name of left) list.delete(name);
        told.push(...joined.map((name) => `+${name}`), ...left.map((name) => `-${name}`));
      });
      for (const name of await ask(socket, room, true)) list.add(name);
      lists.push(list);
      socket.once("disconnect", (reason: string) => {
        if (reason === "io client disconnect") return;
        sleep(1000)
          .then(() => come(user, turn))
          .catch((error: unknown) => told.push(String(error)));
      });
    }

    await Promise.all(users.map(come));
    // Every watcher has been told of everybody, so that whatever comes from here on is about the restart.
    const complete = () => expect(lists.map((list) => [...list].toSorted())).toEqual(lists.map(() => users));
    await eventually(complete, { withinMs: 20_000 });
    told.length = 0;

    homes = [second];
    await first.stop();
    await eventually(() => expect(lists).toHaveLength(6), RETURN);
    const third = await spawn(2);
    homes = [third];
    await second.stop();
    await eventually(() => expect(lists).toHaveLength(10), RETURN);
    const last = await connect(third, "last");
    await ask(last.socket, room, true);
    await neverHappens(last.socket, "presence", sleep(12_000)); // the grace and a look

    expect(told).toEqual([]);
    complete();
    expect(await ask(last.socket, room)).toEqual(users);
  });
});
