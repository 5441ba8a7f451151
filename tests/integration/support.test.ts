import { EventEmitter } from "node:events";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createConnection } from "mongoose";
import { Server } from "socket.io";
import { type Child, spawnNode } from "../support/child.js";
import { createCleanup, onEnd, onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { isAlive } from "../support/process-table.js";
import { fixture } from "../support/program-path.js";
import { startRedis } from "../support/redis-server.js";
import { startRedisCluster, startSentinel } from "../support/redis-topologies.js";
import { launchShoal, spawnShoal } from "../support/spawn-shoal.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { deferred, eventually, neverHappens, once } from "../support/wait.js";

async function spawnFamily(
  manner: string,
  stopWithinMs = 5000,
): Promise<{ child: Child; grandchild: number }> {
  const child = await spawnNode(fixture("family.mjs"), { args: [manner], stopWithinMs });
  const { fields } = await child.waitForLine(logged("ready"));
  return { child, grandchild: Number(fields.child) };
}

describe("cleanup", () => {
  test("runs teardowns in reverse order, all of them, and tells every failure", async () => {
    const order: string[] = [];
    const { onEnd, drain } = createCleanup();
    const fail = (name: string) => () => {
      order.push(name);
      throw new Error(`${name} failed`);
    };
    onEnd(fail("first"));
    onEnd(async () => order.push("second"));
    onEnd(fail("third"));

    await expect(drain()).rejects.toThrow("third failed\nError: first failed");
    expect(order).toEqual(["third", "second", "first"]);
    await expect(drain()).resolves.toBeUndefined();
  });

  describe("the scope of what is made", () => {
    const ended: string[] = [];
    beforeAll(() => onEnd(() => ended.push("made in beforeAll")));

    test("in a test ends with the test", () => {
      onEnd(() => ended.push("made in the test"));
      expect(ended).toEqual([]);
    });

    test("in beforeAll lasts longer", () => {
      expect(ended).toEqual(["made in the test"]);
    });
  });
});

describe("waiting", () => {
  test("eventually returns the first value that an attempt gives", async () => {
    let tries = 0;
    const value = await eventually(() => {
      tries++;
      expect(tries).toBe(3);
      return "done";
    });
    expect(value).toBe("done");
    expect(tries).toBe(3);
  });

  test("eventually fails with the error of the last attempt, also when a later one hangs", async () => {
    let tries = 0;
    const attempt = () => {
      tries++;
      if (tries === 3) return new Promise(() => {});
      throw new Error(`try ${tries}`);
    };
    await expect(eventually(attempt, { withinMs: 200, everyMs: 1 })).rejects.toThrow("try 2");
  });

  test("once gives up in time and stops listening", async () => {
    const emitter = new EventEmitter();
    await expect(once(emitter, "news", 10)).rejects.toThrow('event "news": not within 10 ms');
    expect(emitter.listenerCount("news")).toBe(0);
  });

  test("neverHappens fails when the event comes before the marker", async () => {
    const emitter = new EventEmitter();
    const marker = deferred();
    const verdict = neverHappens(emitter, "harm", marker.promise);
    emitter.emit("harm", { to: "all" });
    marker.resolve();
    await expect(verdict).rejects.toThrow("event \"harm\" happened with [ { to: 'all' } ]");
    expect(emitter.listenerCount("harm")).toBe(0);
  });

  test("neverHappens gives the marker's value when the event stays away", async () => {
    await expect(neverHappens(new EventEmitter(), "harm", Promise.resolve(7))).resolves.toBe(7);
  });
});

describe("child programs", () => {
  test("a program's lines are found, parsed, before and after the call", async () => {
    const { child, grandchild } = await spawnFamily("orderly");
    const line = await child.waitForLine(logged("ready", { level: "info" }));
    expect(line.fields).toMatchObject({ pid: child.pid, child: grandchild });
    expect(child.lines.map(({ text }) => text)).toContain("starting as orderly");

    const another = child.waitForLine(logged("ready"), { after: line });
    child.kill("SIGTERM");
    await expect(another).rejects.toThrow(
      "the program ended with SIGTERM; last output:\nstarting as orderly",
    );
  });

  test("stop ends a program, and its family is empty afterwards", async () => {
    const { child, grandchild } = await spawnFamily("orderly");
    expect(child.family().map(({ pid }) => pid)).toEqual([child.pid, grandchild]);
    await expect(child.stop()).resolves.toEqual({ code: null, signal: "SIGTERM" });
    await eventually(() => expect(child.family()).toEqual([]));
    expect(isAlive(grandchild)).toBe(false);
  });

  test("an orphan still belongs to the family, and killFamily reaches it", async () => {
    const { child, grandchild } = await spawnFamily("deserter");
    await expect(child.exited).resolves.toEqual({ code: 3, signal: null });
    expect(child.family().map(({ pid }) => pid)).toEqual([grandchild]);
    await child.killFamily();
    expect(isAlive(grandchild)).toBe(false);
  });

  test("stop kills a program that does not end in time, and says so", async () => {
    const { child } = await spawnFamily("stubborn", 300);
    const stopping = child.stop();
    await expect(stopping).rejects.toThrow(/on SIGTERM: not within 300 ms; last output:\n.*no$/s);
    await expect(child.exited).resolves.toEqual({ code: null, signal: "SIGKILL" });
  });

  test("a test that leaves a process or misses a crash fails in its teardown, and all is gone", async () => {
    const jest = await spawnNode(createRequire(import.meta.url).resolve("jest/bin/jest"), {
      args: ["--testMatch", "**/fixtures/bad-endings.jest.ts", "--colors=false"],
    });
    await expect(jest.exited).resolves.toEqual({ code: 1, signal: null });
    const output = jest.lines.map(({ text }) => text).join("\n");
    expect(output).toContain("Tests:       2 failed, 2 total");
    expect(output).toMatch(/Received: "\d+ \(.*setInterval/);
    expect(output).toContain('the instance ended unasked: {"code":null,"signal":"SIGKILL"}');
    expect(jest.family()).toEqual([]);
  });
});

describe("redis-server", () => {
  test("is killed, and comes back empty on the same port as another process", async () => {
    const redis = await startRedis();
    await redis.command("set", "key", "value");
    await expect(redis.command("get", "key")).resolves.toBe("value");
    const { pid, url } = redis;

    await redis.kill();
    expect(isAlive(pid)).toBe(false);
    await expect(redis.command("ping")).rejects.toThrow("Connection refused");

    await redis.restart();
    expect(redis).toMatchObject({ url });
    expect(redis.pid).not.toBe(pid);
    await expect(redis.command("exists", "key")).resolves.toBe("0");
  });

  test("a port that is taken is told, not shared", async () => {
    const { port } = await startRedis();
    await expect(startRedis({ port })).rejects.toThrow("Address already in use");
  });

  test("an error answer to a command is an error", async () => {
    const redis = await startRedis();
    await expect(redis.command("nonsense")).rejects.toThrow("ERR unknown command");
  });

  test("a missing redis-server is told with the way to install it", async () => {
    const path = process.env.PATH;
    onTestEnd(() => {
      process.env.PATH = path;
    });
    process.env.PATH = "/nowhere";
    await expect(startRedis()).rejects.toThrow("run: apt-get install redis-server");
  });

  test("a cluster of three shares the slots and refuses those of another node", async () => {
    const { nodes } = await startRedisCluster(3);
    const answers = await Promise.all(
      nodes.map((node) => node.command("set", "key", "value").catch((error: Error) => error.message)),
    );
    expect(answers.filter((answer) => answer === "OK")).toHaveLength(1);
    const owner = answers.indexOf("OK");
    const moved = `MOVED 12539 127.0.0.1:${nodes[owner]?.port}`;
    expect(answers.filter((answer) => answer === moved)).toHaveLength(2);
  });

  test("a sentinel knows its master, and sees that it is down", async () => {
    const { sentinel, master, masterName } = await startSentinel();
    const address = sentinel.command("sentinel", "get-master-addr-by-name", masterName);
    await expect(address).resolves.toBe(`${master.host}\n${master.port}`);
    await master.kill();
    await eventually(async () => {
      const [state] = (await sentinel.command("info", "sentinel")).match(/status=\w+/) ?? [];
      expect(state).toBe("status=odown");
    });
  });
});

describe("MongoDB", () => {
  async function open(uri: string) {
    const connection = createConnection(uri, { serverSelectionTimeoutMS: 5000 });
    onTestEnd(() => connection.close(true));
    await connection.asPromise();
    return connection.collection<{ _id: number }>("things");
  }

  test("keeps acknowledged data over kill -9 and restart, at the same address", async () => {
    const mongo = await startMongo();
    const uri = mongo.uriFor();
    const before = await open(uri);
    await before.insertOne({ _id: 1 }, { writeConcern: { w: 1, j: true } });
    await mongo.kill();
    await mongo.restart();
    const after = await open(uri);
    await expect(after.find().toArray()).resolves.toEqual([{ _id: 1 }]);
  });

  test("is reached through a proxy, which can lose the answer to a write that was made", async () => {
    const mongo = await startMongo();
    const proxy = await startTcpProxy({ target: mongo.target });
    const direct = await open(mongo.uriFor("shared"));
    const proxied = await open(`${mongo.uriVia(proxy, "shared")}&retryWrites=false`);
    await proxied.insertOne({ _id: 1 });
    proxy.set("swallowReplies");
    const write = proxied.insertOne({ _id: 2 }).catch((error: Error) => error.name);
    await eventually(async () => expect(await direct.countDocuments()).toBe(2));
    // The write can be seen a moment before its answer is on the wire.
    await eventually(() => expect(proxy.swallowedBytes).toBeGreaterThan(0));
    proxy.set("pass");
    await expect(write).resolves.toBe("MongoNetworkError");
  });
});

describe("clients", () => {
  test("a refused client fails with the server's words", async () => {
    const io = new Server(0);
    onTestEnd(() => io.close());
    io.use((_socket, next) => next(new Error("not you")));
    const { port } = io.httpServer.address() as AddressInfo;
    await expect(connectClient(`http://127.0.0.1:${port}`)).rejects.toThrow("not you");
  });
});

describe("Shoal", () => {
  test("a spawned instance tells its workers, serves clients and ends without leftovers", async () => {
    const shoal = await spawnShoal({ workers: 2 });
    const pids = shoal.workerPids();
    expect(new Set([shoal.pid, ...pids]).size).toBe(3);
    const { socket, session } = await connectClient(shoal.url);
    const { id } = socket;
    const [worker, pid] = [expect.any(Number), expect.any(Number)];
    const taken = { maxBodyBytes: 65_536, maxPublishMessages: 50 };
    expect(session).toEqual({ id, user: id, instance: shoal.instance, worker, pid, ...taken });
    await expect(emitAck(socket, "join", { room: "lobby" })).resolves.toMatchObject({ ok: true });

    const closed = once(socket, "disconnect");
    await expect(shoal.stop()).resolves.toBe(0);
    await closed;
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(readdir(shoal.tmpDir)).resolves.toEqual([]);
  });

  test("a lost machine takes all its processes along", async () => {
    const shoal = await spawnShoal({ workers: 2 });
    const pids = [shoal.pid, ...shoal.workerPids()];
    await shoal.kill9();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("an instance that cannot start tells its exit code and why", async () => {
    const shoal = await launchShoal({ env: { PORT: "many" } });
    await expect(shoal.expectExit()).resolves.toEqual({ code: 1, signal: null });
    expect(shoal.logs.map(({ text }) => text).join()).toContain("PORT");
  });
});
