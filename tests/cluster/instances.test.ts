import type { InstanceReport } from "../../src/contract/instances.js";
import { apiOf, makeKey } from "../support/api-keys.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

/** Two samples, and the time for a worker to come. */
const SEEN_WITHIN_MS = 30_000;

const operator = makeKey("operator", { "*": ["operate"] });
const cron = makeKey("cron", { "news:*": ["publish"] });

let shoal: Shoal;
let call: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const env = { API_KEYS: JSON.stringify([operator.entry, cron.entry]), DRAIN_WINDOW_MS: "0" };
  shoal = await spawnShoal({ workers: 2, mongodbUri: (await startMongo()).uriFor(), env });
  call = apiOf(shoal.adminUrl, operator.key);
});

async function report(query = ""): Promise<InstanceReport> {
  const { status, body } = await call("GET", `/instance${query}`);
  expect(status).toBe(200);
  return body;
}

const pids = ({ workers }: InstanceReport) => workers.map(({ pid }) => pid);

test("an instance tells its workers and what they carry, its stores, and its last hour", async () => {
  const client = await connectClient(shoal.url);

  const seen = await eventually(
    async () => {
      const found = await report();
      expect(found.samples.at(-1)).toMatchObject({ workers: 2, connections: 1 });
      return found;
    },
    { withinMs: SEEN_WITHIN_MS },
  );

  expect(seen).toMatchObject({ instance: shoal.instance, stores: { mongo: "up", redis: "off" } });
  expect(pids(seen)).toEqual(shoal.workerPids());
  expect(seen.workers.map(({ state, isSilent }) => [state, isSilent])).toEqual([
    ["ready", false],
    ["ready", false],
  ]);
  const loads = seen.workers.map(({ load }) => load?.connections);
  expect(loads[client.session.worker - 1]).toBe(1);
  expect(seen.workers[0]?.load?.memoryBytes).toBeGreaterThan(1e7);
  const newest = seen.samples.at(-1)?.at ?? 0;
  const later = await report(`?after=${newest}`);
  expect(later.samples.filter(({ at }) => at <= newest)).toEqual([]);
});

test("all workers of all instances say what they carry", async () => {
  const { body } = await eventually(async () => {
    const answer = await call("GET", "/instances");
    expect(answer.body.missing).toBe(0);
    return answer;
  });

  const seen = body.workers.map(({ instance, worker }: Record<string, unknown>) => [instance, worker]);
  expect(seen.sort()).toEqual([
    [shoal.instance, 1],
    [shoal.instance, 2],
  ]);
});

test("a worker that hangs is told before the next sample, and as soon as it answers, that it does", async () => {
  const [, second = 0] = shoal.workerPids(); // the first one is asked what operators want to know
  const { samples } = await report();
  const isSilent = async () => (await report()).workers.map((worker) => worker.isSilent);
  const taken = samples.at(-1)?.at ?? 0;
  const next = await eventually(
    async () => {
      const [one] = (await report(`?after=${taken}`)).samples;
      expect(one).toBeDefined();
      return one?.at ?? 0;
    },
    { withinMs: SEEN_WITHIN_MS },
  );
  process.kill(second, "SIGSTOP");
  onTestEnd(() => signalIfAlive(second, "SIGCONT"));

  await eventually(async () => expect(await isSilent()).toEqual([false, true]), { withinMs: SEEN_WITHIN_MS });
  expect((await report(`?after=${next}`)).samples).toEqual([]);
  process.kill(second, "SIGCONT");
  await eventually(async () => expect(await isSilent()).toEqual([false, false]));
});

test("both answer nobody but operators", async () => {
  for (const path of ["/instance", "/instances"]) {
    expect((await apiOf(shoal.adminUrl)("GET", path)).status).toBe(401);
    expect((await apiOf(shoal.adminUrl, cron.key)("GET", path)).status).toBe(403);
    expect((await apiOf(shoal.url, cron.key)("GET", path)).status).toBe(403);
  }
});

test("a worker that was killed is told, with why, and so is its successor", async () => {
  const [first = 0] = shoal.workerPids();

  process.kill(first, "SIGKILL");

  await eventually(
    async () => {
      const { workers, happenings } = await report();
      expect(workers[0]).toMatchObject({ worker: 1, state: "ready", restarts: 1 });
      expect(workers[0]?.pid).not.toBe(first);
      const ofFirst = happenings.filter(({ worker }) => worker === 1).map(({ what }) => what);
      expect(ofFirst).toEqual(["started", "ended", "started"]);
      expect(happenings).toContainEqual(expect.objectContaining({ what: "ended", detail: "signal SIGKILL" }));
    },
    { withinMs: SEEN_WITHIN_MS },
  );
});

test("a reload is told from its beginning to its end", async () => {
  process.kill(shoal.pid, "SIGHUP");
  await shoal.waitForLog(logged("all workers replaced"), { withinMs: SEEN_WITHIN_MS });

  const { happenings } = await eventually(async () => {
    const found = await report();
    expect(found.happenings[0]?.what).toBe("reloaded");
    return found;
  });

  const whats = happenings.map(({ what }) => what);
  const during = happenings.slice(0, whats.indexOf("reloading"));
  for (const worker of [1, 2]) {
    const those = during.filter((one) => one.worker === worker).map(({ what }) => what);
    expect(those).toEqual(["left", "draining", "started"]);
  }
});
