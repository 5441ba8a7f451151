import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { openHalfPost } from "../cluster/support/half-post.js";
import { call, health } from "../cluster/support/http-call.js";
import { startLoad } from "../cluster/support/load.js";
import { openPollingSession } from "../cluster/support/polling-session.js";
import { openRaw } from "../cluster/support/raw-connection.js";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { eventually, neverHappens, once, within } from "../support/wait.js";

const ENTRANCE = "/socket.io/?EIO=4&transport=polling";
/** Asks a client to poll again. */
const NOOP = "6";
const BODY_BYTES = 1_000_000;

/** Variables that the suite expects of the instance. */
export const SUITE_ENV = { MESSAGE_LIMIT_BYTES: "2000000", BODY_LIMIT_BYTES: "2000000" };

/** Numbers from 0. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** How often each value occurs. */
function tally(values: readonly number[]): number[] {
  return [...new Set(values)].map((value) => values.filter((other) => other === value).length);
}

/** What holds however connections find their worker. `current` is an instance that each test leaves whole. */
export function routingContract(current: () => Shoal): void {
  const workers = () => current().workerPids().length;
  const everySlot = () => new Set(current().workers().keys());
  const handshake = () => call(current().url + ENTRANCE);

  async function connectMany(count: number, transports: string[]): Promise<Client[]> {
    return Promise.all(upTo(count).map(() => connectClient(current().url, { transports, withinMs: 15_000 })));
  }

  test("polling clients stay within their sessions, on all workers", async () => {
    const clients = await connectMany(12, ["polling"]);
    expect(new Set(clients.map(({ session }) => session.worker))).toEqual(everySlot());
    const talks = clients.map(async ({ socket, session }) => {
      const talk = async () => {
        for (const round of upTo(5)) {
          const room = `room-${round}`;
          expect(await emitAck(socket, "join", { room }, 15_000)).toEqual({ ok: true, room });
        }
      };
      await neverHappens(socket, "disconnect", talk());
      expect(socket.id).toBe(session.id);
    });
    await Promise.all(talks);
  });

  test("clients that begin with polling upgrade to WebSocket within their sessions", async () => {
    const clients = await connectMany(12, ["polling", "websocket"]);
    for (const { socket, session } of clients) {
      const upgraded = () => expect(socket.io.engine.transport.name).toBe("websocket");
      await neverHappens(socket, "disconnect", eventually(upgraded, { withinMs: 10_000 }));
      expect(await emitAck(socket, "leave", { room: "none" })).toMatchObject({ ok: true });
      expect(socket.id).toBe(session.id);
    }
  });

  test("300 fast handshakes over WebSocket all connect, evenly over the workers", async () => {
    const clients = await connectMany(300, ["websocket"]);
    const counts = tally(clients.map(({ session }) => session.worker));
    expect(counts).toHaveLength(workers());
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(1.3);
  });

  test("300 fast handshakes by polling are all known at their next request", async () => {
    const answers = await Promise.all(
      upTo(300).map(async () => {
        const { body } = await handshake();
        const { sid } = JSON.parse(body.slice(1)) as { sid: string };
        return call(`${current().url}${ENTRANCE}&sid=${sid}`, { text: "40", withinMs: 15_000 });
      }),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 ok"]));
  });

  test("plain requests one after the other come to every worker, evenly", async () => {
    const slots: number[] = [];
    for (const _ of upTo(120)) slots.push((await health(current().url)).worker);
    const counts = tally(slots);
    expect(counts).toHaveLength(workers());
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(1.5);
  });

  test("a session id cannot be guessed and is not repeated", async () => {
    const ids = await Promise.all(
      upTo(20).map(async () => (JSON.parse((await handshake()).body.slice(1)) as { sid: string }).sid),
    );
    expect(new Set(ids.map((id) => id.slice(0, 12))).size).toBe(20);
  });

  test.each(["", "0.", "1.", "99999.", "1.1.", "999999999999999999999."])(
    "an unknown session that begins with %j is refused at once",
    async (begin) => {
      const sid = begin + randomBytes(16).toString("base64url");
      const url = `${current().url}${ENTRANCE}&sid=${sid}`;
      for (const answer of [await call(url), await call(url, { text: "2" })]) {
        expect(answer).toMatchObject({ status: 404, body: '{"code":1,"message":"Session ID unknown"}' });
      }
    },
  );

  test("bodies of every length arrive whole, by HTTP and in sessions of every worker", async () => {
    const posts = [0, 5000, BODY_BYTES].map(async (bytes) => {
      const json = `{"name":${JSON.stringify("Ada").padStart(bytes)}}`;
      expect(await call(`${current().url}/hello`, { json })).toMatchObject({
        status: 200,
        body: '{"message":"Hello, Ada"}',
      });
    });
    const sessions = upTo(6).map(async (index) => {
      const session = await openPollingSession(current().url);
      const room = `large-${index}`;
      await session.send(`420["message",{"body":"${"x".repeat(BODY_BYTES)}","room":"${room}"}]`);
      expect((await session.poll()).join()).toMatch(/^430.*"not_in_room"/);
    });
    await Promise.all([...posts, ...sessions]);
  });

  test("a chunked body that comes slowly arrives whole in a session, wherever its connection ended", async () => {
    const session = await openPollingSession(current().url);
    const packet = `421["join",{"room":"slow"}]${" ".repeat(0)}`;
    for (const _ of upTo(3)) {
      const connection = await openRaw(current().url);
      const head = `POST ${session.path} HTTP/1.1\r\nHost: shoal\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`;
      await connection.sendPacket(head);
      for (const letter of packet) await connection.sendPacket(`1\r\n${letter}\r\n`);
      connection.socket.write("0\r\n\r\n");
      expect(await connection.receive(/^HTTP\/1.1 \d+ [\s\S]*ok/)).toMatch(/^HTTP\/1.1 200 /);
      expect(await session.poll()).toEqual(['431[{"ok":true,"room":"slow"}]']);
    }
  });

  test("a body of 1 MB in many packets arrives whole in a session, wherever its connection ended", async () => {
    const session = await openPollingSession(current().url);
    const packet = `422["join",{"room":"${"x".repeat(BODY_BYTES)}"}]`;
    for (const _ of upTo(3)) {
      const connection = await openRaw(current().url);
      const head = `POST ${session.path} HTTP/1.1\r\nHost: shoal\r\nContent-Type: text/plain\r\nContent-Length: ${packet.length}\r\n\r\n`;
      const whole = head + packet;
      for (let at = 0; at < whole.length; at += 100_000) {
        await connection.sendPacket(whole.slice(at, at + 100_000));
      }
      await connection.receive(/^HTTP\/1.1 200 [\s\S]*ok/);
      expect((await session.poll()).join()).toMatch(/^432.*"invalid"/);
    }
  });

  test("an agent that keeps connections alive can mix sessions of all workers with other requests", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestEnd(() => agent.destroy());
    const sessions = await Promise.all(upTo(9).map(() => openPollingSession(current().url)));
    expect(new Set(sessions.map(({ worker }) => worker))).toEqual(everySlot());
    for (const round of upTo(4)) {
      for (const { path } of sessions) {
        const url = current().url + path;
        const text = `42${round}["join",{"room":"mixed"}]`;
        expect(await call(url, { agent, text })).toMatchObject({ status: 200 });
        expect(await call(`${current().url}/hello`, { agent })).toMatchObject({ status: 200 });
        let body = NOOP;
        while (body === NOOP) ({ body } = await call(url, { agent }));
        expect(body).toBe(`43${round}[{"ok":true,"room":"mixed"}]`);
      }
    }
  });

  test("a poll whose client goes away ends its session as without a cluster", async () => {
    const sessions = await Promise.all(upTo(6).map(() => openPollingSession(current().url)));
    for (const { path } of sessions) {
      const connection = await openRaw(current().url);
      await connection.sendPacket(`GET ${path} HTTP/1.1\r\nHost: shoal\r\n\r\n`);
      connection.socket.destroy();
      await eventually(async () => {
        expect(await call(current().url + path, { text: "2" })).toMatchObject({ status: 404 });
      });
    }
  });
}

/** What holds when workers end. Every test gets an instance of its own. */
export function routingFaults(start: () => Promise<Shoal>): void {
  test("a worker killed with -9 takes no WebSocket of another one down; all clients are soon back, and nobody hangs", async () => {
    const shoal = await start();
    const options = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };
    const clients = await Promise.all(
      upTo(20).map((index) =>
        connectClient(shoal.url, {
          transports: [["polling"], ["websocket"], ["polling", "websocket"]][index % 3] ?? [],
          ...options,
        }),
      ),
    );
    const firstIds = clients.map(({ session }) => session.id);
    const direct = upTo(20).filter((index) => index % 3 === 1 && clients[index]?.session.worker !== 1);
    const bereft = clients.map(({ session }) => session.worker === 1);
    expect(bereft).toContain(true);
    process.kill(shoal.workers().get(1) ?? 0, "SIGKILL");
    await shoal.waitForLog(logged("worker ended", { worker: 1, kind: "killed" }));
    const load = startLoad(async () => {
      expect(await call(`${shoal.url}/hello`, { withinMs: 3000 })).toMatchObject({ status: 200 });
    }, 2);
    await eventually(
      () => {
        for (const [index, { session }] of clients.entries()) {
          if (bereft[index]) expect(session.id).not.toBe(firstIds[index]);
        }
      },
      { withinMs: 10_000 },
    );
    for (const { socket } of clients) {
      expect(await emitAck(socket, "leave", { room: "none" }, 10_000)).toMatchObject({ ok: true });
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    // A poll may have been under way through the killed worker; a WebSocket is with its own worker only.
    for (const index of direct) expect(clients[index]?.session.id).toBe(firstIds[index]);
  });

  test("a worker that boots gets nothing before it is ready", async () => {
    const shoal = await start();
    process.kill(shoal.workers().get(1) ?? 0, "SIGKILL");
    const killed = await shoal.waitForLog(logged("worker ended", { worker: 1 }));
    const load = startLoad(async () => {
      expect(await call(`${shoal.url}/hello`, { withinMs: 2000 })).toMatchObject({ status: 200 });
    }, 4);
    const ready = await shoal.waitForLog(logged("worker ready", { worker: 1 }), { after: killed });
    await eventually(async () => expect(await health(shoal.url)).toMatchObject({ worker: 1 }));
    await load.stop();
    expect(load.failures).toEqual([]);
    const early = shoal.logs.filter(({ number }) => number > killed.number && number < ready.number);
    const served = early.filter(logged("request"));
    expect(served.length).toBeGreaterThan(20);
    expect(served.filter(({ fields }) => fields.worker !== 2)).toEqual([]);
  });

  test("a worker that is told to end finishes its requests and takes no others, which fail nowhere", async () => {
    const shoal = await start();
    const halves = await Promise.all(upTo(6).map(() => openHalfPost(shoal.url)));
    const guest = await connectClient(shoal.url, { transports: ["polling"] });
    const load = startLoad(async () => {
      expect(await call(`${shoal.url}/hello`, { withinMs: 5000 })).toMatchObject({ status: 200 });
    }, 2);
    await eventually(() => expect(load.succeeded).toBeGreaterThan(20));
    const leaver = guest.session.worker === 1 ? 2 : 1;
    process.kill(shoal.workers().get(leaver) ?? 0, "SIGTERM");
    const before = load.succeeded;
    await eventually(() => expect(load.succeeded).toBeGreaterThan(before + 50));
    for (const half of halves) await half.finish();
    const after = await shoal.waitForLog(logged("worker ended", { worker: leaver, kind: "left" }));
    await shoal.waitForLog(logged("worker ready", { worker: leaver }), { after, withinMs: 10_000 });
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await emitAck(guest.socket, "leave", { room: "none" })).toMatchObject({ ok: true });
  });

  test("SIGTERM finishes open requests, says good-bye to clients and refuses others", async () => {
    const shoal = await start();
    const clients = await Promise.all(
      [["polling"], ["websocket"], ["polling"], ["websocket"]].map((transports) =>
        connectClient(shoal.url, { transports }),
      ),
    );
    const goodbyes = clients.map(({ socket }) => once(socket, "disconnect", 10_000));
    const halves = await Promise.all(upTo(4).map(() => openHalfPost(shoal.url)));
    for (const half of halves) await half.sendPacket("");
    process.kill(shoal.pid, "SIGTERM");
    await eventually(() => expect(call(`${shoal.url}/hello`)).rejects.toThrow("ECONNREFUSED"));
    for (const half of halves) await half.finish();
    await within(Promise.all(goodbyes), 10_000, "the good-byes");
    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  });
}
