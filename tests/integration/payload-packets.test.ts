import { openPollingSession, poll, postPackets } from "../support/engine-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let worker: RunningWorker;

beforeAll(async () => {
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
});

test.each([
  ["mean nothing", "6"],
  ["are empty", ""],
  ["answer heartbeats", "3"],
])(
  "a request of more packets than are taken at once gets 413 and ends its session: they %s",
  async (_what, packet) => {
    const sid = await openPollingSession(worker.url);
    const response = await postPackets(worker.url, sid, Array(100_000).fill(packet));

    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: "too_large", temporary: false } });
    expect((await poll(worker.url, sid)).status).toBe(404);
  },
);

test("as many as are taken at once are taken, of each request", async () => {
  const sid = await openPollingSession(worker.url);
  expect((await postPackets(worker.url, sid, Array(8192).fill("6"))).status).toBe(200);
  expect((await postPackets(worker.url, sid, Array(8192).fill("6"))).status).toBe(200);
  expect((await postPackets(worker.url, sid, Array(8193).fill("6"))).status).toBe(413);
  expect((await poll(worker.url, sid)).status).toBe(404);
});
