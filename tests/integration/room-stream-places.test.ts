import { connect } from "node:net";
import { features } from "../../src/app/features.js";
import { type Feature, feature } from "../../src/contract/feature.js";
import { onTestEnd } from "../support/cleanup.js";
import { type EventStream, openStream } from "../support/event-stream.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { deferred, eventually } from "../support/wait.js";

// What a stream takes up, and when it is given back.

/** What the rule answers to a user, where it is not at once. */
const answers = new Map<string, () => Promise<void>>();
const house: Feature = feature("house", {
  create: () => ({ rule: (user: string) => answers.get(user)?.() }),
});

let worker: RunningWorker;
let rooms = 0;

beforeAll(async () => {
  worker = await startWorker({
    mongodbUri: (await startMongo()).uriFor(),
    features: [...features, house],
    env: { MAX_CONNECTIONS_PER_USER: "2" },
  });
});

/** A name that no other test uses. */
function newRoom(): string {
  rooms += 1;
  return `streamed-${rooms}`;
}

const stream = (room: string, { user = "ann" } = {}): Promise<EventStream> =>
  openStream(`${worker.url}/rooms/${room}/stream`, { "X-User-Id": user });

async function publish(room: string, id: string): Promise<void> {
  const headers = { "X-User-Id": "bob", "Content-Type": "application/json" };
  const body = JSON.stringify({ id, body: id });
  const { status } = await fetch(`${worker.url}/rooms/${room}/messages`, { method: "POST", headers, body });
  expect(status).toBe(200);
}

const measured = async () => Number(/^realtime_streams\S* (\d+)$/m.exec(await worker.metrics())?.[1]);

test("a user has as many streams as connections, and gets a place back with each that ends", async () => {
  const room = newRoom();
  const [one] = [await stream(room, { user: "fay" }), await stream(room, { user: "fay" })];
  const third = await stream(room, { user: "fay" });
  expect(third.response.statusCode).toBe(429);
  expect((await stream(room, { user: "gil" })).response.statusCode).toBe(200);

  one?.close();
  await eventually(async () => {
    expect((await stream(room, { user: "fay" })).response.statusCode).toBe(200);
  });
});

test("places of clients who have gone are free, also while a rule does not answer about them", async () => {
  const room = newRoom();
  const readers = [await stream(room, { user: "jan" }), await stream(room, { user: "jan" })];
  answers.set("jan", () => new Promise(() => {}));
  await publish(room, "m1");
  for (const reader of readers) reader.close();
  answers.delete("jan");

  await eventually(async () => {
    expect((await stream(room, { user: "jan" })).response.statusCode).toBe(200);
  });
});

test("open streams are measured, and those of clients who have gone are none", async () => {
  await eventually(async () => expect(await measured()).toBe(0));
  const reader = await stream(newRoom());
  expect(await measured()).toBe(1);
  reader.close();
  await eventually(async () => expect(await measured()).toBe(0));
  // Whose end is no failure.
  const requests = (await worker.metrics()).split("\n").filter((line) => line.includes("/stream"));
  expect(requests.filter((line) => line.includes('status="200"'))).not.toEqual([]);
  expect(requests.filter((line) => line.includes('status="aborted"'))).toEqual([]);
});

test("a stream behind an open poll, whose client goes while the rule is asked, leaves nothing", async () => {
  const handshake = await (await fetch(`${worker.url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(handshake.slice(1)) as { sid: string };
  const answer = deferred();
  let isAsked = false;
  answers.set("mia", () => {
    isAsked = true;
    return answer.promise;
  });
  const { hostname, port } = new URL(worker.url);
  const client = connect(Number(port), hostname);
  onTestEnd(() => void client.destroy());
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nX-User-Id: mia\r\n\r\n`;
  client.write(
    request(`/socket.io/?EIO=4&transport=polling&sid=${sid}`) + request(`/rooms/${newRoom()}/stream`),
  );
  await eventually(() => expect(isAsked).toBe(true));

  client.destroy();
  await eventually(async () => {
    const polled = await fetch(`${worker.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    expect(polled.status).not.toBe(200); // its session has ended with the poll
  });
  answer.resolve();

  await eventually(async () => expect(await measured()).toBe(0));
});
