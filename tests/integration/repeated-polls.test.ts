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
): Promise<{ poll(t: string): Promise<string>; send(packet: string, t?: string): Promise<string> }> {
  const url = `${worker.url}/socket.io/?EIO=4&transport=polling`;
  const opening = await (await fetch(`${url}&t=${t}`)).text();
  const { sid } = JSON.parse(opening.slice(1)) as { sid: string };
  const send = async (body: string, name = t) =>
    (await fetch(`${url}&t=${name}&sid=${sid}`, { method: "POST", body })).text();
  await send("40");
  return { send, poll: async (t) => (await fetch(`${url}&t=${t}&sid=${sid}`)).text() };
}

const isOver = (text: string): boolean => text === "1" || text.includes("Session ID unknown");

/** As the client for Dart has it; two requests share it where a browser shows the time in steps of 100 ms. */
const NOW = Date.now().toString(36);

/** Names as stock clients make them: of the present version, and of older ones. */
const STOCK = [
  ["now", "mk3x9f0a", "mk3xaq7b", "mk3xcz1c"],
  ["before version 6.6", "PgT9-_x", "PgT9-_x.0", "PgT9-_x.1"],
] as const;

test.each(STOCK)(
  "a poll that comes again after its answer, which is lost, ends the session, so that its client resumes: %s",
  async (_when, first, second, third) => {
    const client = await joined(first);
    expect(await client.poll(second)).toMatch(/^40/);

    expect(isOver(await client.poll(second))).toBe(true);

    expect(isOver(await client.poll(third))).toBe(true);
  },
);

test.each([
  ["a name of its own", "mk3x9f0a", "mk3xaq7b", "mk3xcz1c"],
  ["the same name as all other requests", "mk3x9f0a", "mk3x9f0a", "mk3x9f0a"],
  ["the second in which it is made", "1764500000", "1764500001", "1764500001"],
  ["the time by a clock of 64 steps a second", "1764500000.171875", "1764500000.1875", "1764500000.1875"],
  ["a sum of the time", "1029837465", "2983746501", "2983746501"],
  ["the millisecond in which it is made, to the base 36", "mk3x9f0a", NOW, NOW],
  ["no name", "", "", ""],
])("a client that gives each poll %s keeps its session", async (_what, handshake, first, second) => {
  const client = await joined(handshake);
  expect(await client.poll(first)).toMatch(/^40/);
  await client.send('421["leave",{"room":"none"}]');

  expect(await client.poll(second)).toContain("431[");
});

const acks = (text: string): number => text.match(/43\d+\[/g)?.length ?? 0;

test.each(STOCK)(
  "packets that come again after they were taken are answered as before, and not taken again: %s",
  async (_when, first, second, third) => {
    const client = await joined(first);
    await client.poll(second);

    expect(await client.send('421["leave",{"room":"none"}]', second)).toBe("ok");
    expect(await client.send('421["leave",{"room":"none"}]', second)).toBe("ok");
    expect(await client.send('422["leave",{"room":"none"}]', third)).toBe("ok");

    expect(acks(await client.poll(third))).toBe(2);
  },
);

test.each([
  ["the same name as the handshake", "mk3x9f0a", "mk3x9f0a"],
  ["the second in which it is made", "1764500000", "1764500001"],
  ["a sum of the time", "1029837465", "2983746501"],
  ["the millisecond in which it is made, to the base 36", "mk3x9f0a", NOW],
  ["no name", "", ""],
])("a client that gives its packets %s loses none", async (_what, handshake, name) => {
  const client = await joined(handshake);
  await client.poll(handshake);

  await client.send('421["leave",{"room":"none"}]', name);
  await client.send('422["leave",{"room":"none"}]', name);

  expect(acks(await client.poll(name))).toBe(2);
});

test("packets of another length under the same name, as a coarse clock gives it, are taken", async () => {
  const client = await joined("mk3x9f0a");
  await client.poll("mk3xaq7b");

  await client.send('421["leave",{"room":"none"}]', "mk3xcz1c");
  await client.send('422["leave",{"room":"other"}]', "mk3xcz1c");

  expect(acks(await client.poll("mk3xcz1c"))).toBe(2);
});
