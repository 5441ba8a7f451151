import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { type Line, logged } from "../support/line-log.js";
import { isAlive } from "../support/process-table.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once, within } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { openHalfPost } from "./support/half-post.js";
import { call, health } from "./support/http-call.js";
import { type Load, startLoad } from "./support/load.js";

const WORKERS = 3;
const DATABASE_SERVES = logged("embedded mongodb serves");
let shoal: Shoal;
let databasePid: number;

beforeAll(async () => {
  // A polling client on Node that meets a reset on a kept-alive connection asks again and sends nothing (xmlhttprequest-ssl
  // repeats the request without ending it): it notices only by the ping that does not come.
  const env = { PING_INTERVAL_MS: "1000", PING_TIMEOUT_MS: "4000" };
  shoal = await spawnShoal({ workers: WORKERS, env });
  databasePid = Number(shoal.logs.find(DATABASE_SERVES)?.fields.hostPid);
});

/** Numbers from 0. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

function pidOf(slot: number, of = shoal): number {
  const pid = of.workers().get(slot);
  if (pid === undefined) throw new Error(`worker ${slot} is not there`);
  return pid;
}

/** Runs `action` and waits until the worker in `slot` has been replaced. Returns what was logged since. */
async function replacement(slot: number, action: () => unknown, of = shoal): Promise<Line[]> {
  const [last] = of.logs.slice(-1);
  const replaced = of.waitForLog(logged("worker ready", { worker: slot }), {
    after: last,
    withinMs: 15_000,
  });
  await Promise.all([action(), replaced]);
  await eventually(() => expect(of.workerPids()).toHaveLength(WORKERS));
  return of.logs.filter(({ number }) => number > (last?.number ?? -1));
}

/** Waits until `load` has done `count` more. */
async function progress(load: Load, count: number): Promise<void> {
  const goal = load.succeeded + count;
  await eventually(() => expect(load.succeeded).toBeGreaterThanOrEqual(goal), { withinMs: 15_000 });
}

const json = JSON.stringify({ name: "Ada" }).padEnd(20_000);

async function get(): Promise<void> {
  expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 });
}

async function post(): Promise<void> {
  expect(await call(`${shoal.url}/hello`, { json })).toMatchObject({ status: 200 });
}

test("a worker killed under load is replaced, and only its own clients notice", async () => {
  const kinds = ["websocket", "polling"].flatMap((transport) => upTo(6).map(() => [transport]));
  const clients = await Promise.all(
    kinds.map((transports) =>
      connectClient(shoal.url, {
        transports,
        ownConnections: true,
        reconnection: true,
        reconnectionDelay: 50,
      }),
    ),
  );
  const victim = clients[0]?.session.worker ?? 0;
  const isBereft = ({ session }: Client) => session.worker === victim;
  const bereft = clients.filter(isBereft);
  const others = clients.filter((client) => !isBereft(client));
  expect(new Set(others.map(({ session }) => session.worker)).size).toBe(WORKERS - 1);
  const disconnects: number[] = [];
  for (const { socket, session } of others) socket.on("disconnect", () => disconnects.push(session.worker));
  const oldIds = bereft.map(({ session }) => session.id);

  const loads = [startLoad(get, 4), startLoad(post, 4)];
  const talk = startLoad(async (round) => {
    const { socket } = others[round % others.length] as Client;
    await expect(emitAck(socket, "message", { body: round })).resolves.toMatchObject({ ok: true });
  }, 4);
  await Promise.all([...loads, talk].map((load) => progress(load, 20)));
  const lines = await replacement(victim, () => process.kill(pidOf(victim), "SIGKILL"));

  // What the dead worker had in hand failed, at once; nothing fails any more.
  const failed = loads.flatMap(({ failures }) => failures);
  expect(failed.filter((failure) => !/ECONNRESET|socket hang up/.test(failure))).toEqual([]);
  await Promise.all([...loads, talk].map((load) => progress(load, 20)));
  expect(loads.flatMap(({ failures }) => failures)).toEqual(failed);
  expect(talk.failures).toEqual([]);
  await Promise.all([...loads, talk].map((load) => load.stop()));

  const lost = () =>
    bereft.flatMap(({ socket, session }) => {
      const isBack = socket.connected && !oldIds.includes(session.id);
      return isBack ? [] : [[socket.io.engine?.transport.name, socket.connected, session.id]];
    });
  await eventually(() => expect(lost()).toEqual([]), { withinMs: 10_000 });
  const heard = others.map(({ socket }) => once(socket, "message"));
  await emitAck((bereft[0] as Client).socket, "message", { body: "back" });
  await Promise.all(heard);
  expect(disconnects).toEqual([]);
  expect(complaints(lines)).toEqual([expect.stringMatching(/"worker":\d,"kind":"killed".*"worker ended"/)]);
});

test("a killed worker leaves no socket behind while the others serve", async () => {
  const sockets = () =>
    readdirSync(shoal.tmpDir, { recursive: true })
      .map(String)
      .filter((name) => /\d\.sock$/.test(name));
  const before = sockets();
  expect(before).toHaveLength(2 * WORKERS);

  await replacement(1, () => process.kill(pidOf(1), "SIGKILL"));

  await eventually(() => expect(sockets()).toHaveLength(2 * WORKERS));
  expect(sockets().filter((name) => !before.includes(name))).toHaveLength(2);
});

test("a worker asked to end by SIGTERM finishes its requests, gets no new ones and is replaced; no request fails", async () => {
  const halves = await Promise.all(upTo(WORKERS).map(() => openHalfPost(shoal.url)));
  await Promise.all(halves.map(({ sendPacket }) => sendPacket("")));
  const leaver = pidOf(2);
  const load = startLoad(post, 2);

  const lines = await replacement(2, async () => {
    process.kill(leaver, "SIGTERM");
    const workersOf = async (count: number) => {
      const answers = await Promise.all(upTo(count).map(() => health(shoal.url)));
      return new Set(answers.map(({ worker }) => worker));
    };
    await eventually(async () => expect(await workersOf(6)).toEqual(new Set([1, 3])));
    expect(await workersOf(30)).toEqual(new Set([1, 3]));
    expect(isAlive(leaver)).toBe(true);
    for (const half of halves) await half.finish();
  });

  await progress(load, 20);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(isAlive(leaver)).toBe(false);
  expect(complaints(lines)).toEqual([]);
  expect(lines.filter(logged("worker ended", { worker: 2, kind: "left" }))).toHaveLength(1);
});

test("workers replaced one after the other under load lose no request", async () => {
  const loads = [startLoad(get, 3), startLoad(post, 3)];
  for (const slot of [1, 2, 3]) {
    const lines = await replacement(slot, () => process.kill(pidOf(slot), "SIGTERM"));
    expect(complaints(lines)).toEqual([]);
    await Promise.all(loads.map((load) => progress(load, 10)));
  }
  await Promise.all(loads.map((load) => load.stop()));
  expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
});

test("a worker killed while a body is on its way ends that request at once, and no other", async () => {
  const halves = await Promise.all(upTo(WORKERS).map(() => openHalfPost(shoal.url)));
  await Promise.all(halves.map(({ sendPacket }) => sendPacket("")));
  const first = Promise.race(halves.map(async (half) => [half, await half.closed] as const));
  await replacement(3, () => process.kill(pidOf(3), "SIGKILL"));

  const [lost, answer] = await within(first, 2000, "the end of the request");
  expect(answer).not.toContain("200 OK");
  for (const half of halves) if (half !== lost) await half.finish();
});

const FATES = [
  ["forward", "are answered by the others", 0],
  ["sticky", "end at once, answered by no other", 4 * 2],
] as const;

test.each(FATES)(
  "with ROUTING=%s, requests that wait for a worker that hangs and dies %s",
  async (ROUTING, _fate, lost) => {
    const one = await spawnShoal({ workers: WORKERS, env: { ROUTING } });
    const hung = pidOf(1, one);
    process.kill(hung, "SIGSTOP");
    const outcome = (answer: Promise<{ status: number }>) =>
      answer.then(
        ({ status }) => String(status),
        (error: Error) => error.message,
      );
    const answers = upTo(4 * WORKERS).flatMap(() => [
      outcome(call(`${one.url}/hello`)),
      outcome(call(`${one.url}/hello`, { json })),
    ]);
    const done: string[] = [];
    for (const answer of answers) void answer.then((text) => done.push(text));
    const answered = (2 / 3) * answers.length;
    await eventually(() => expect(done).toEqual(upTo(answered).map(() => "200")));

    await replacement(1, () => process.kill(hung, "SIGKILL"), one);
    await eventually(() => expect(done).toHaveLength(answers.length), { withinMs: 2000 });
    const failed = done.filter((text) => text !== "200");
    expect(failed).toEqual(upTo(lost).map(() => expect.stringMatching(/hang up|ECONNRESET/)));
  },
);

/** Leaves the primary without a descriptor for a further process, until the returned function is called or the test ends. */
function takeDescriptors(): () => void {
  const prlimit = (...args: string[]) => String(execFileSync("prlimit", ["--pid", `${shoal.pid}`, ...args]));
  const openFiles = prlimit("--nofile", "--output=SOFT", "--noheadings", "--raw").trim();
  const giveBack = () => void prlimit(`--nofile=${openFiles}:`);
  onTestEnd(giveBack);
  prlimit("--nofile=1:");
  return giveBack;
}

test("a worker whose process cannot be started is tried again, and meanwhile the others talk to each other", async () => {
  const clients = await Promise.all(
    upTo(2 * WORKERS).map(() => connectClient(shoal.url, { transports: ["websocket"] })),
  );
  const [one, other] = [2, 3].map((slot) => clients.find(({ session }) => session.worker === slot)?.socket);
  if (one === undefined || other === undefined) throw new Error("a worker has no client");
  const lines = await replacement(1, async () => {
    const [last] = shoal.logs.slice(-1);
    const giveBack = takeDescriptors();
    process.kill(pidOf(1), "SIGKILL");
    const ended = { worker: 1, kind: "unavailable" };
    const { text } = await shoal.waitForLog(logged("worker ended", ended), { after: last });
    expect(text).toContain("EMFILE");
    const heard = once(other, "message"); // by way of the primary
    await expect(emitAck(one, "message", { body: "still here" })).resolves.toMatchObject({ ok: true });
    await heard;
    giveBack();
  });

  expect(lines.filter(logged("worker ended", { worker: 1, kind: "killed" }))).toHaveLength(1);
});

test("an embedded MongoDB whose process cannot be started is tried again, and ends nothing else", async () => {
  const [last] = shoal.logs.slice(-1);
  const giveBack = takeDescriptors();
  process.kill(databasePid, "SIGKILL");
  const ended = logged("embedded mongodb ended, it is started again");
  await shoal.waitForLog((line) => ended(line) && line.text.includes("EMFILE"), { after: last });
  giveBack();

  await shoal.waitForLog(DATABASE_SERVES, { after: last, withinMs: 20_000 });
  await eventually(get, { withinMs: 10_000 });
});
