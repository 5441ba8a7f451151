import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env: { PING_INTERVAL_MS: "2000" } });
});

/** A session that polls and has joined, whose handshake had this `t`. */
async function joined(
  t: string,
): Promise<{ poll(t: string): Promise<string>; send(packet: string): Promise<string> }> {
  const url = `${worker.url}/socket.io/?EIO=4&transport=polling`;
  const opening = await (await fetch(`${url}&t=${t}`)).text();
  const { sid } = JSON.parse(opening.slice(1)) as { sid: string };
  const send = async (body: string) =>
    (await fetch(`${url}&t=${t}&sid=${sid}`, { method: "POST", body })).text();
  await send("40");
  return { send, poll: async (t) => (await fetch(`${url}&t=${t}&sid=${sid}`)).text() };
}

const isOver = (text: string): boolean => text === "1" || text.includes("Session ID unknown");

test("a poll that comes again after its answer, which is lost, ends the session, so that its client resumes", async () => {
  const client = await joined("a0");
  expect(await client.poll("a1")).toMatch(/^40/);

  expect(isOver(await client.poll("a1"))).toBe(true);

  expect(isOver(await client.poll("a2"))).toBe(true);
});

test.each([
  ["gives each poll a name of its own", ["b1", "b2"]],
  ["gives all its requests the same name", ["b0", "b0"]],
])("a client that %s keeps its session", async (_what, [first = "", second = ""]) => {
  const client = await joined("b0");
  expect(await client.poll(first)).toMatch(/^40/);
  await client.send('421["leave",{"room":"none"}]');

  expect(await client.poll(second)).toContain("431[");
});
