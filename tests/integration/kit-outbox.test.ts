import { type ClientOptions, createApi, type Outcome } from "../../client/index.js";
import { fileStore } from "../../client/stores/file.js";
import { becomes, startClient } from "../support/kit-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";

let worker: RunningWorker;
let proxy: TcpProxy;
let url: string;

beforeAll(async () => {
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
});

beforeEach(async () => {
  proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: Number(new URL(worker.url).port) } });
  url = `http://${proxy.host}:${proxy.port}`;
});

/** A program that has an outbox in a directory, and what it was told of its messages. */
function startProgram(directory: string, options: Partial<ClientOptions> = {}) {
  const { client } = startClient(url, { store: fileStore(directory), ...options });
  const outcomes: Outcome[] = [];
  client.outbox.onOutcome((outcome) => outcomes.push(outcome));
  const opened = eventually(() => expect(client.outbox.storage()).not.toBe("opening"), { withinMs: 20_000 });
  return { client, outcomes, opened, room: (name: string) => client.room(name) };
}

/** What is stored in a room, as anybody reads it. */
async function stored(room: string): Promise<string[]> {
  const api = createApi({ url: worker.url, user: "reader" });
  const bodies: string[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await api.get("/rooms/:room/messages", { params: { room }, query: { after } });
    if (!("live" in page)) throw new Error("the page is none that reads onwards");
    bodies.push(...page.messages.map(({ from, body }) => `${from} ${body}`));
    after = page.to;
    more = !page.live;
  }
  return bodies;
}

const publishAll = (room: { publish(body: string): Promise<unknown> }, ...bodies: string[]) => {
  for (const body of bodies) room.publish(body).catch(() => {});
};

test("what was published while the server was away goes out after a restart of the program, before what is new", async () => {
  const directory = await tempDir("outbox");
  proxy.set("reset");
  const first = startProgram(directory);
  publishAll(first.room("kept"), "1", "2", "3");
  await first.client.close();

  const second = startProgram(directory);
  await second.opened;
  const room = second.room("kept");
  expect(room.pending().map(({ body }) => body)).toEqual(["1", "2", "3"]);
  proxy.set("pass");
  await room.publish("4");

  expect(await stored("kept")).toEqual(["ann 1", "ann 2", "ann 3", "ann 4"]);
  expect(second.outcomes).toMatchObject(
    [1, 2, 3, 4].map((seq) => ({ outcome: "stored", body: String(seq), seq })),
  );
  expect(second.client.outbox.pending()).toEqual([]);
});

test("it goes out although it is larger than what a client takes for the limit, where the server takes it", async () => {
  const directory = await tempDir("outbox");
  const large = "x".repeat(65_000);
  proxy.set("reset");
  const first = startProgram(directory);
  publishAll(first.room("large"), large);
  await first.client.close();

  const second = startProgram(directory);
  await second.opened;
  expect(second.client.outbox.pending()).toMatchObject([{ state: "waiting" }]);
  proxy.set("pass");

  await eventually(() => expect(second.outcomes).toMatchObject([{ outcome: "stored", seq: 1 }]));
  expect(await stored("large")).toEqual([`ann ${large}`]);
});

test("it goes out although nobody opens its room", async () => {
  const directory = await tempDir("outbox");
  proxy.set("reset");
  const first = startProgram(directory);
  publishAll(first.room("unopened"), "1");
  await first.client.close();

  proxy.set("pass");
  const second = startProgram(directory);

  await eventually(() => expect(second.outcomes).toMatchObject([{ outcome: "stored", room: "unopened" }]));
  expect(await stored("unopened")).toEqual(["ann 1"]);
});

test("a message whose answer was lost is stored once, also when the program ends before it can ask again", async () => {
  const directory = await tempDir("outbox");
  const first = startProgram(directory);
  await becomes(first.client, "live");
  proxy.set("swallowReplies");
  publishAll(first.room("once"), "1", "2");
  await eventually(async () => expect(await stored("once")).toContain("ann 1"));
  await first.client.close();

  proxy.set("pass");
  const second = startProgram(directory);
  await second.room("once").publish("3");

  expect(await stored("once")).toEqual(["ann 1", "ann 2", "ann 3"]);
});

test("a program that ends in the middle of many messages loses, doubles and reorders none", async () => {
  const directory = await tempDir("outbox");
  const bodies = Array.from({ length: 300 }, (_, n) => String(n));
  let next = 0;
  for (let life = 0; life < 6; life += 1) {
    const program = startProgram(directory);
    await program.opened;
    publishAll(program.room("lives"), ...bodies.slice(next, next + 50));
    next += 50;
    await eventually(() => expect(program.outcomes.length).toBeGreaterThan(0), { withinMs: 15_000 });
    await program.client.close();
  }
  const last = startProgram(directory);
  await last.opened;
  await eventually(() => expect(last.client.outbox.pending()).toEqual([]), { withinMs: 15_000 });

  expect(await stored("lives")).toEqual(bodies.map((body) => `ann ${body}`));
});

test("two users of one machine never send what the other has left", async () => {
  const directory = await tempDir("outbox");
  proxy.set("reset");
  const ann = startProgram(directory);
  publishAll(ann.room("shared"), "of ann");
  await ann.client.close();
  proxy.set("pass");

  const bob = startProgram(directory, { user: "bob" });
  await bob.opened;
  expect(bob.client.outbox.pending()).toEqual([]);
  await bob.room("shared").publish("of bob");
  expect(await stored("shared")).toEqual(["bob of bob"]);
  await bob.client.close();

  const again = startProgram(directory);
  await eventually(() => expect(again.outcomes).toMatchObject([{ outcome: "stored" }]));
  expect(await stored("shared")).toEqual(["bob of bob", "ann of ann"]);
});

test("where nothing can be kept it publishes all the same, and says so", async () => {
  const { client, opened, room } = startProgram("/proc/nothing");
  await opened;

  expect([client.outbox.storage(), client.outbox.storageProblem()]).toEqual([
    "memory",
    expect.objectContaining({ code: "ENOENT" }),
  ]);
  await expect(room("unkept").publish("1")).resolves.toMatchObject({ seq: 1 });
});

test("bounds that are given as undefined are the usual ones", async () => {
  const none = { expiryMs: undefined, maxMessages: undefined, maxBytes: undefined };
  const { client } = startProgram(await tempDir("outbox"), none as object);

  await expect(client.publish("usual", "1")).resolves.toMatchObject({ seq: 1 });
  await expect(client.publish("usual", "x".repeat(5_000_000))).rejects.toMatchObject({ code: "outbox_full" });
});

test("a message that was read in its room before its answer came is confirmed, and comes once", async () => {
  const { client } = startClient(url);
  const seen: unknown[] = [];
  const room = client.room("read", { onMessage: ({ body }) => seen.push(body) });

  await expect(room.publish("1")).resolves.toMatchObject({ seq: 1 });
  await eventually(() => expect(seen).toEqual(["1"]));
  expect(client.outbox.pending()).toEqual([]);
});
