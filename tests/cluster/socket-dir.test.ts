import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { call } from "./support/http-call.js";
import { startTwoWorkers } from "./support/two-workers.js";

// What cleans up temporary files takes the directory of the workers' sockets from under a running instance.

const GONE = logged(
  "the directory of the workers' sockets was gone and is made again: whoever cleans TMPDIR has to spare it. Workers that are there cannot be reached by the others until they are replaced",
);
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

async function socketDirOf({ tmpDir }: Shoal): Promise<string> {
  const [name = ""] = await readdir(tmpDir);
  return join(tmpDir, name);
}

/** Ends the worker of the slot and waits for the next one. */
async function replace(shoal: Shoal, slot: number): Promise<void> {
  const [last] = shoal.logs.slice(-1);
  process.kill(shoal.workers().get(slot) ?? 0, "SIGKILL");
  await shoal.waitForLog(logged("worker ready", { worker: slot }), { after: last, withinMs: 15_000 });
}

test.each(["forward", "sticky"])(
  "with ROUTING=%s, a worker is replaced although the directory of its sockets has gone, which is made again and told once",
  async (ROUTING) => {
    const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env: { ROUTING } });
    const dir = await socketDirOf(shoal);
    await rm(dir, { recursive: true });

    await replace(shoal, 1);
    await replace(shoal, 2);

    const said = shoal.logs.filter(GONE);
    expect(said.map(({ fields }) => [fields.level, fields.dir, fields.tmpDir])).toEqual([
      ["warn", dir, shoal.tmpDir],
    ]);
    const { mode } = await stat(dir);
    expect((mode & 0o777).toString(8)).toBe("700");
    await expect(readdir(dir)).resolves.toHaveLength(4);
    expect((await call(`${shoal.adminUrl}/connections`)).status).toBe(200);
    await expect(shoal.stop()).resolves.toBe(0);
    await expect(readdir(shoal.tmpDir)).resolves.toEqual([]);
  },
);

test("workers that came after it had gone reach each other", async () => {
  const shoal = await startTwoWorkers(mongo.uriFor());
  await rm(await socketDirOf(shoal), { recursive: true });
  await replace(shoal, 1);
  await replace(shoal, 2);

  const [one] = await shoal.sessions();
  const connection = await shoal.connectionAt(2);
  const before = connection.received().length;
  connection.socket.write(`POST ${one.path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 2\r\n\r\n40`);
  await eventually(() => expect(connection.received().slice(before)).toMatch(/^HTTP\/1\.1 200 /));
});

test("without TMPDIR itself a worker is tried again until it is back, and the others serve", async () => {
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor() });
  await rm(shoal.tmpDir, { recursive: true });
  const [victim = 0] = shoal.workerPids();
  process.kill(victim, "SIGKILL");

  const unavailable = logged("worker ended", { kind: "unavailable" });
  await eventually(() => expect(shoal.logs.filter(unavailable).length).toBeGreaterThan(2), {
    withinMs: 30_000,
  });
  expect((await call(`${shoal.url}/hello`)).status).toBe(200);
  await mkdir(shoal.tmpDir);
  await eventually(() => expect(shoal.workerPids()).toHaveLength(2), { withinMs: 15_000 });
  expect(shoal.logs.filter(unavailable).map(({ fields }) => fields.reason)).toContainEqual(
    expect.stringMatching(/^TMPDIR cannot have the socket/),
  );
});
