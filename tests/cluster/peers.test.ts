import { createServer, request } from "node:http";
import { WebSocket } from "ws";
import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { startStopwatch } from "../support/machine-time.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { spawnPeers } from "../support/spawn-peers.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession, type PollingSession } from "./support/polling-session.js";

// Instances that find each other's sessions: what is opened at one is used at the other.

const LARGE = "x".repeat(300_000);
const env = { MESSAGE_LIMIT_BYTES: "400000" };

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

/** The same session, its requests sent to another instance. */
function elsewhere({ path }: PollingSession, { url }: Shoal) {
  return {
    send: async (packet: string) =>
      expect(await call(url + path, { text: packet })).toMatchObject({ status: 200, body: "ok" }),
    poll: async () => (await call(url + path)).body.split("\x1e"),
  };
}

async function polledUntil(session: { poll(): Promise<string[]> }, beginning: string): Promise<string> {
  return eventually(async () => {
    const found = (await session.poll()).find((packet) => packet.startsWith(beginning));
    if (found === undefined) throw new Error(`no ${beginning}`);
    return found;
  });
}

/** The session's WebSocket at this instance, as clients upgrade. */
async function upgrade({ path }: PollingSession, { url }: Shoal): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws") + path.replace("polling", "websocket"));
  onTestEnd(() => socket.terminate());
  await once(socket, "open");
  const probed = once<[Buffer]>(socket, "message");
  socket.send("2probe");
  expect(String((await probed)[0])).toBe("3probe");
  socket.send("5");
  return socket;
}

async function ask(socket: WebSocket, text: string): Promise<string> {
  const answer = once<[Buffer]>(socket, "message");
  socket.send(text);
  return String((await answer)[0]);
}

const MODES = [
  ["ROUTING=forward", { workers: 2, env: { ...env, ROUTING: "forward" } }],
  ["ROUTING=sticky", { workers: 2, env: { ...env, ROUTING: "sticky" } }],
  ["one process", { workers: 1, env: { ...env, DRAIN_WINDOW_MS: "500" } }],
] as const;

describe.each(MODES)("with %s", (_mode, place) => {
  let a: Shoal;
  let b: Shoal;

  beforeAll(async () => {
    [a, b] = (await spawnPeers(mongo.uriFor(), [place, place])) as [Shoal, Shoal];
  });

  test("a session is used at the other instance, with large bodies both ways", async () => {
    const sessions = [await openPollingSession(a.url), await openPollingSession(a.url)];
    const [writer, reader] = sessions.map((session) => elsewhere(session, b)) as [Elsewhere, Elsewhere];
    for (const one of [writer, reader]) {
      await one.send('421["join",{"room":"shared"}]');
      expect(await polledUntil(one, "431")).toBe('431[{"ok":true,"room":"shared"}]');
    }
    await writer.send(`42["message",{"room":"shared","body":"${LARGE}"}]`);
    expect(await polledUntil(reader, '42["message"')).toContain(LARGE);
  });

  test("a session is upgraded at the other instance, and talks on", async () => {
    const session = await openPollingSession(a.url);
    const socket = await upgrade(session, b);
    for (const round of [1, 2, 3])
      expect(await ask(socket, `42${round}["join",{"room":"up"}]`)).toBe(
        `43${round}[{"ok":true,"room":"up"}]`,
      );
    await ask(socket, `424["message",{"room":"up","body":"${LARGE}"}]`);
    socket.close();
    await once(socket, "close");
    await eventually(async () => expect((await call(a.url + session.path, { text: "3" })).status).toBe(404));
  });

  test("a client that goes away during a poll has gone for the owner, and nobody else has", async () => {
    const [gone, stays] = [await openPollingSession(a.url), await openPollingSession(a.url)];
    await eventually(async () => {
      const poll = request(b.url + gone.path, { signal: AbortSignal.timeout(100) }).on("error", () => {});
      await new Promise((resolve) => poll.on("close", resolve).end());
      expect((await call(a.url + gone.path, { text: "3" })).status).toBe(404);
    });
    await elsewhere(stays, b).send("3");
  });

  test("made-up ids are unknown at once, and harm nobody", async () => {
    const [one, other] = [await openPollingSession(a.url), await openPollingSession(b.url)];
    const [keyA, keyB] = [one, other].map(({ path }) => path.slice(-8)) as [string, string];
    expect(keyA).not.toBe(keyB);
    const base = "/socket.io/?EIO=4&transport=polling&sid=";
    const swapped = [one.path.replace(keyA, keyB), other.path.replace(keyB, keyA), one.path.slice(0, -9)];
    const odd = [`1.${"a".repeat(22)}.${keyA}`, "1.x.aaaaaaaa", ".________", `${"9".repeat(400)}.${keyA}`];
    const worse = [
      "..%2f.aaaaaaaa",
      `%00.${keyA}`,
      `a.${keyA}%0d%0aX: 1`,
      `__proto__.${keyA}`,
      `-1e99.${keyA}`,
    ];
    for (const path of [...swapped, ...[...odd, ...worse].map((id) => base + id)]) {
      for (const { url } of [a, b]) {
        const answer = await call(url + path, { text: "3", withinMs: 2000 });
        // What no server of this kind makes as an id is no session's; the rest is nobody's.
        expect([path, answer.status]).toEqual([path, /%|9{256}/.test(path) ? 400 : 404]);
      }
    }
    await Promise.all([elsewhere(one, b).send("3"), elsewhere(other, a).send("3")]);
    expect([...complaints(a.logs), ...complaints(b.logs)]).toEqual([]);
  });

  test("what only says that it was relayed is refused", async () => {
    const { path } = await openPollingSession(a.url);
    const status = await new Promise((resolve) => {
      const headers = { "X-Shoal-Relayed": "1" };
      request(b.url + path, { headers }, (answer) => resolve(answer.resume().statusCode)).end();
    });
    expect(status).toBe(403);
    expect((await call(b.url + path, { text: "3" })).status).toBe(200);
  });

  test("an instance that stops lets go of what it relays; one that is lost takes only its own sessions", async () => {
    const [own, others, tunnelled] = [
      await openPollingSession(b.url),
      await openPollingSession(a.url),
      await openPollingSession(a.url),
    ];
    const socket = await upgrade(tunnelled, b);
    const closed = once(socket, "close", 10_000);
    await elsewhere(others, b).send("3");
    const stopping = startStopwatch();
    expect(await b.stop()).toBe(0);
    expect(stopping()).toBeLessThan(6000);
    await closed;
    expect(complaints(b.logs)).toEqual([]);
    for (const text of ["3", "3"])
      expect((await call(a.url + own.path, { text, withinMs: 2000 })).status).toBe(404);
    await others.send("3");
  });
});

type Elsewhere = ReturnType<typeof elsewhere>;

test("a worker that is killed takes only its own sessions with it", async () => {
  const [a, b] = (await spawnPeers(mongo.uriFor(), [{ workers: 2 }, {}])) as [Shoal, Shoal];
  const [gone, stays] = [await openPollingSession(a.url), await openPollingSession(a.url)];
  expect(gone.worker).not.toBe(stays.worker);
  const poll = call(b.url + gone.path);
  await elsewhere(gone, b).send("3"); // went the same way, later
  process.kill(a.workers().get(gone.worker) ?? 0, "SIGKILL");
  expect((await poll).status).toBe(404);
  await elsewhere(stays, b).send("3");
  expect(b.logs.filter(logged("peer cannot be reached"))).toEqual([]);
});

test("an instance that hangs is given up where a client would, with a status that no proxy repeats, for polls, POSTs and upgrades", async () => {
  const places = [0, 1].map(() => ({ env: { PING_INTERVAL_MS: "4000", PING_TIMEOUT_MS: "4000" } }));
  const [a, b] = (await spawnPeers(mongo.uriFor(), places)) as [Shoal, Shoal];
  const session = await openPollingSession(a.url);
  const answered: string[] = [];
  const ask = async (kind: string, options: { readonly text?: string }) => {
    const { status, headers } = await call(b.url + session.path, { ...options, withinMs: 30_000 });
    answered.push(`${kind} ${status} ${headers["retry-after"]}`);
  };
  const poll = ask("poll", {});
  await elsewhere(session, b).send("3"); // went the same way, later
  process.kill(a.pid, "SIGSTOP");
  onTestEnd(() => signalIfAlive(a.pid, "SIGCONT"));

  const upgrade = new WebSocket(`${b.url}${session.path.replace("polling", "websocket")}`);
  const [, refusal] = await Promise.all([
    poll,
    once<[unknown, { statusCode?: number }]>(upgrade, "unexpected-response", 30_000),
    // A POST may be held where its session is, as long as the session lives.
    ask("POST", { text: "3" }),
  ]);

  expect(answered).toEqual(["poll 504 1", "POST 504 1"]);
  expect(refusal[1].statusCode).toBe(504);
  expect(await call(`${b.url}/hello`)).toMatchObject({ status: 200 });
});

test("requests for an instance that hangs, and is killed then, get 404", async () => {
  const [a, b] = (await spawnPeers(mongo.uriFor(), [{}, {}])) as [Shoal, Shoal];
  const session = await openPollingSession(a.url);
  const poll = call(b.url + session.path);
  await elsewhere(session, b).send("3"); // went the same way, later
  process.kill(a.pid, "SIGSTOP");

  await a.kill9();
  expect((await poll).status).toBe(404);
  for (const text of ["3", "3"])
    expect((await call(b.url + session.path, { text, withinMs: 2000 })).status).toBe(404);
  expect(b.logs.filter(logged("peer cannot be reached")).length).toBeLessThanOrEqual(1);
});

/** Listens at the address of an instance that has ended, and notes who comes. */
async function takePlaceOf({ url }: Shoal, strays: string[]): Promise<void> {
  const server = createServer((asked, response) => {
    strays.push(asked.url ?? "");
    response.end("somebody else");
  });
  onTestEnd(() => server.close());
  server.listen(Number(new URL(url).port), "127.0.0.1");
  await once(server, "listening");
}

test("a killed instance that is asked for again is logged once", async () => {
  const [a, b] = (await spawnPeers(mongo.uriFor(), [{}, {}])) as [Shoal, Shoal];
  const session = await openPollingSession(a.url);
  await elsewhere(session, b).send("3");

  await a.kill9();
  for (const text of ["3", "3"])
    expect((await call(b.url + session.path, { text, withinMs: 2000 })).status).toBe(404);
  await b.waitForLog(logged("peer cannot be reached"));
  expect(b.logs.filter(logged("peer cannot be reached"))).toHaveLength(1);
});

test("nothing is sent to a killed instance's address when its silence has told, whoever has it then", async () => {
  const [a, b] = (await spawnPeers(mongo.uriFor(), [{}, {}])) as [Shoal, Shoal];
  const session = await openPollingSession(a.url);
  await a.kill9();
  const strays: string[] = [];
  await takePlaceOf(a, strays);

  const ask = () => call(b.url + session.path);
  await eventually(
    async () => {
      strays.length = 0;
      for (let asked = 0; asked < 5; asked += 1) expect((await ask()).status).toBe(404);
      expect(strays).toEqual([]);
    },
    { withinMs: 15_000 },
  );
  expect((await ask()).status).toBe(404);
  expect(strays).toEqual([]);
  // Otherwise it would have been left alone for a second, whatever the roll says.
  expect(b.logs.filter(logged("peer cannot be reached"))).toEqual([]);
});

test("an instance that comes back at another address is found there", async () => {
  const uri = mongo.uriFor();
  const INSTANCE_ID = "comes-back";
  const [[a], [b]] = [await spawnPeers(uri, [{ env: { INSTANCE_ID } }]), await spawnPeers(uri, [{}])];
  if (a === undefined || b === undefined) throw new Error("not started");
  await elsewhere(await openPollingSession(a.url), b).send("3");
  await a.kill9();

  const [again] = await spawnPeers(uri, [{ env: { INSTANCE_ID } }]);
  if (again === undefined) throw new Error("not started");
  expect(again.url).not.toBe(a.url);
  const session = await openPollingSession(again.url);
  await eventually(() => elsewhere(session, b).send("3"), { withinMs: 3000 });
  for (let sent = 0; sent < 5; sent += 1) await elsewhere(session, b).send("3");
});

test("without an address for others, session ids are as they were", async () => {
  const shoal = await spawnShoal({ mongodbUri: mongo.uriFor() });
  expect((await openPollingSession(shoal.url)).path).toMatch(/sid=[\w-]{20}$/);
});
