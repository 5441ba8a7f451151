import { Agent, get } from "node:http";
import { connectClient } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startStopwatch } from "../support/machine-time.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw, type RawConnection } from "../support/raw-tcp.js";
import { startRedis } from "../support/redis-server.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

const BODY = '{"name":"Ada"}';
const CUT_WARNING = "requests cut off by the shutdown timeout";
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string> = {}) => startWorker({ mongodbUri: mongo.uriFor(), env });

/** A request that is being answered: half of its body is there, and the application waits for the rest. */
async function openRequest({ url }: RunningWorker): Promise<RawConnection> {
  const raw = await openRaw(url);
  const head = ["POST /hello HTTP/1.1", "Host: x", "Content-Type: application/json", "Expect: 100-continue"];
  raw.write(`${[...head, `Content-Length: ${BODY.length}`].join("\r\n")}\r\n\r\n`);
  await raw.read(/100 Continue/);
  raw.write(BODY.slice(0, 5));
  return raw;
}

const warnings = ({ logs }: RunningWorker) => logs.filter(({ fields }) => fields.msg === CUT_WARNING);

test("an open request is finished, while new connections are refused", async () => {
  const worker = await start();
  const request = await openRequest(worker);

  const stopped = worker.stop();
  await eventually(() => expect(openRaw(worker.url)).rejects.toThrow());
  request.write(BODY.slice(5));

  const answer = await request.readToEnd();
  expect(answer).toMatch(/HTTP\/1\.1 200 OK/);
  expect(answer).toContain("Hello, Ada");
  await stopped;
  expect(warnings(worker)).toEqual([]);
});

test("a request that never ends is cut off when its time is over, with a warning", async () => {
  const worker = await start({ SHUTDOWN_TIMEOUT_MS: "1000" });
  const request = await openRequest(worker);

  await worker.stop();

  expect(await request.readToEnd()).not.toContain("200 OK");
  expect(warnings(worker)).toMatchObject([{ fields: { level: "warn", requests: 1 } }]);
});

test("with the shortest time a stop waits for all that does not end, and ends within it", async () => {
  const worker = await start({ SHUTDOWN_TIMEOUT_MS: "1000" });
  const silent = await openRaw(worker.url);
  await openRequest(worker);

  const passedMs = startStopwatch();
  await worker.stop();

  expect(passedMs()).toBeLessThan(worker.config.shutdownTimeoutMs);
  expect(await silent.readToEnd()).toBe("");
});

test("an idle connection that is kept alive is closed", async () => {
  const worker = await start();
  const agent = new Agent({ keepAlive: true });
  const [response] = await once<[NodeJS.ReadableStream & { socket: NodeJS.EventEmitter }]>(
    get(`${worker.url}/hello`, { agent }),
    "response",
  );
  response.resume();
  const closed = once(response.socket, "close");

  await Promise.all([worker.stop(), closed]);
});

test("every client is disconnected, in a way that lets it come back by itself", async () => {
  const worker = await start();
  const clients = await Promise.all(
    ["websocket", "polling"].map((transport) => connectClient(worker.url, { transports: [transport] })),
  );
  const ends = clients.map(({ socket }) => once(socket, "disconnect"));

  await worker.stop();

  for (const [reason] of await Promise.all(ends)) expect(reason).toMatch(/^transport (close|error)$/);
});

test("the port is free for the next one", async () => {
  const first = await start();
  const { port } = new URL(first.url);
  await connectClient(first.url);

  await first.stop();

  const second = await start({ PORT: port });
  expect(second.url).toBe(first.url);
  expect((await fetch(`${second.url}/hello`)).status).toBe(200);
});

test("a port in use is told as such, and all that was taken is given back", async () => {
  const first = await start();
  const { port } = new URL(first.url);

  await expect(start({ PORT: port })).rejects.toThrow(`PORT ${port} is already in use on 127.0.0.1`);

  expect((await fetch(`${first.url}/health`)).status).toBe(200);
});

test("stopping twice is stopping once", async () => {
  const worker = await start();

  await Promise.all([worker.stop(), worker.stop()]);
  await worker.stop();
});

test("no connection to a store is left", async () => {
  const redis = await startRedis();
  const clientsOfRedis = async () =>
    (await redis.command("client", "list")).match(/name=shoal/g)?.length ?? 0;
  const worker = await start({ REDIS_URL: redis.url });
  expect(await clientsOfRedis()).toBe(2);

  await worker.stop();

  expect(await clientsOfRedis()).toBe(0);
});

test("without its stores a worker stops in time, too", async () => {
  const [own, redis] = await Promise.all([startMongo(), startRedis()]);
  const worker = await startWorker({ mongodbUri: own.uriFor(), env: { REDIS_URL: redis.url } });
  await connectClient(worker.url);
  await Promise.all([own.kill(), redis.kill()]);
  await worker.waitForLog(logged("mongodb disconnected"));

  const passedMs = startStopwatch();
  await worker.stop();

  expect(passedMs()).toBeLessThan(worker.config.shutdownTimeoutMs);
});
