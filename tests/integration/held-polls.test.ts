import { openPollingSession, poll, postPackets } from "../support/engine-client.js";
import { startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

const EVENTS = 20;

let worker: RunningWorker;

beforeAll(async () => {
  // Packets: 80 a second, and 40 at once.
  const env = { RATE_USER_EVENTS: "20,10" };
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
});

/** A session that has sent so much that it is not read from for some hundred milliseconds. */
async function heldSession(): Promise<string> {
  const sid = await openPollingSession(worker.url);
  expect((await postPackets(worker.url, sid, ["40"])).status).toBe(200);
  expect((await postPackets(worker.url, sid, Array(80).fill("6"))).status).toBe(200);
  return sid;
}

/** The ids of the acknowledgements that come, until all are there. */
async function acknowledged(sid: string): Promise<void> {
  const ids = new Set<string>();
  await eventually(
    async () => {
      const { text } = await poll(worker.url, sid);
      for (const [, id = ""] of text.matchAll(/43(\d+)\[/g)) ids.add(id);
      expect(ids.size).toBe(EVENTS);
    },
    { withinMs: 20_000 },
  );
}

const events = Array.from({ length: EVENTS }, (_, n) => `42${n}["join",{"room":"r-${n}"}]`);

test("what a client that polls sends while it is not read from is read later, all of it", async () => {
  const sid = await heldSession();

  const posted = await postPackets(worker.url, sid, events);

  expect([posted.status, await posted.text()]).toEqual([200, "ok"]);
  await acknowledged(sid);
});

test("so it is when the rest of it comes once it is read from again", async () => {
  const sid = await heldSession();
  const body = events.join("\x1e");
  const raw = await openRaw(worker.url);
  const target = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;

  raw.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
  raw.write(body.slice(0, body.length / 2));
  // Whether it is read from again by then or not makes no difference to what is right.
  for (const endMs = performance.now() + 1000; performance.now() < endMs; )
    await (await fetch(`${worker.url}/hello`)).text();
  raw.write(body.slice(body.length / 2));

  await raw.read(/^HTTP\/1\.1 200 .*\r\nok$/s);
  await acknowledged(sid);
});
