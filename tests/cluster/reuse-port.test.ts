import { freePort } from "../../tools/shared/ports.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type Line, logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { launchShoal, type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, neverHappens } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call, health } from "./support/http-call.js";
import { startLoad } from "./support/load.js";

// LISTEN=reuse-port: each worker listens by itself. Node has what it takes from 22.12 on.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isPossible = major > 22 || (major === 22 && minor >= 12);
const env = { LISTEN: "reuse-port" };

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

async function start(): Promise<Shoal> {
  return spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
}

const withoutIt = () => {
  test("is refused by name where Node does not have it", async () => {
    const shoal = await launchShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
    expect(await shoal.expectExit()).toMatchObject({ code: 1 });
    expect(shoal.logs.map(({ text }) => text).join()).toContain(
      "LISTEN reuse-port needs Linux and Node.js 22.12",
    );
  });
};

const withIt = () => {
  test("clients by polling and WebSocket stay within their sessions, on all workers", async () => {
    const shoal = await start();
    const kinds = [["polling"], ["websocket"], ["polling", "websocket"]];
    const clients = await Promise.all(
      Array.from({ length: 18 }, (_, index) =>
        connectClient(shoal.url, { transports: kinds[index % 3] ?? [] }),
      ),
    );
    await eventually(async () => {
      const seen = [await health(shoal.url), await health(shoal.url), await health(shoal.url)];
      expect(new Set(seen.map(({ worker }) => worker)).size).toBe(2);
    });
    const talks = clients.map(({ socket }) =>
      neverHappens(socket, "disconnect", emitAck(socket, "join", { room: "reuse" })),
    );
    for (const answer of await Promise.all(talks)) expect(answer).toEqual({ ok: true, room: "reuse" });
    expect(complaints(shoal.logs)).toEqual([]);
  });

  test("a killed worker is replaced, and its successor listens on the same port", async () => {
    const shoal = await start();
    process.kill(shoal.workers().get(1) ?? 0, "SIGKILL");
    await shoal.waitForLog(logged("worker ended", { worker: 1, kind: "killed" }));
    await eventually(async () => expect(await health(shoal.url)).toMatchObject({ worker: 1 }));
  });

  test("a worker that is being replaced accepts no new clients while it sends its own away", async () => {
    const shoal = await spawnShoal({
      workers: 2,
      mongodbUri: mongo.uriFor(),
      env: { ...env, DRAIN_WINDOW_MS: "1000" },
    });
    await Promise.all(Array.from({ length: 8 }, () => connectClient(shoal.url)));
    const lanes = 3;
    let refused = 0;
    const load = startLoad(async () => {
      const { status } = await call(`${shoal.url}/socket.io/?EIO=4&transport=polling`);
      if (status === 503) refused += 1;
    }, lanes);
    await eventually(() => expect(load.succeeded).toBeGreaterThan(20));

    process.kill(shoal.pid, "SIGHUP");
    await shoal.waitForLog(logged("all workers replaced"), { withinMs: 30_000 });
    await load.stop();

    // Of each lane, what was waiting at the port when it closed, once for each worker.
    expect(refused).toBeLessThanOrEqual(2 * lanes);
    expect(load.failures.length).toBeLessThanOrEqual(2 * lanes);
    expect(complaints(shoal.logs)).toEqual([]);
  });

  test("of two instances that start at the same time one has the port, and the other one says so and ends", async () => {
    const PORT = String(await freePort());
    const mongodbUri = mongo.uriFor();
    const launch = () => launchShoal({ workers: 2, mongodbUri, env: { ...env, PORT } });
    const both = await Promise.all([launch(), launch()]);
    const isOver = (line: Line) => logged("ready")(line) || logged("stopped")(line);
    await Promise.all(both.map((shoal) => shoal.waitForLog(isOver, { withinMs: 60_000 })));
    const [first, none] = both.filter(({ logs }) => logs.some(logged("ready")));
    const second = both.find((shoal) => shoal !== first);
    if (first === undefined || second === undefined) throw new Error("none is ready");
    expect(none).toBeUndefined();
    expect(await second.expectExit()).toMatchObject({ code: 1 });
    const said = second.logs.filter(({ fields }) => fields.level === "fatal").map(({ fields }) => fields.msg);
    expect(said).toEqual([`PORT ${PORT} is already in use on 127.0.0.1`]);

    // However it ends, the next one may have the port.
    await first.killPrimary();
    await eventually(() => expect(first.workerPids()).toEqual([]));
    await spawnShoal({ workers: 2, mongodbUri, env: { ...env, PORT } });
  });

  test("SIGTERM ends the accepting, and then the instance with code 0", async () => {
    const shoal = await start();
    const load = startLoad(async () => void (await call(`${shoal.url}/hello`)), 2);
    await eventually(() => expect(load.succeeded).toBeGreaterThan(20));
    process.kill(shoal.pid, "SIGTERM");
    await eventually(() => expect(call(`${shoal.url}/hello`)).rejects.toThrow("ECONNREFUSED"));
    await load.stop();
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  });
};

describe("LISTEN=reuse-port", isPossible ? withIt : withoutIt);
