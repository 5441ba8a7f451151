import { features } from "../../src/app/features.js";
import { AppError } from "../../src/contract/errors.js";
import { type Feature, feature } from "../../src/contract/feature.js";
import { type EventStream, openStream } from "../support/event-stream.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { deferred, eventually } from "../support/wait.js";

const refused = new Set<string>();
/** What the rule answers to a user, where it is not at once. */
const answers = new Map<string, () => Promise<void>>();
let recheck: (scope: { user: string }) => Promise<void>;

const house: Feature = feature("house", {
  create: ({ access }) => {
    recheck = access.recheck;
    return {
      rule(user: string) {
        if (refused.has(user)) throw new AppError("forbidden");
        return answers.get(user)?.();
      },
    };
  },
});

let worker: RunningWorker;
let mongodbUri: string;
let rooms = 0;

beforeAll(async () => {
  mongodbUri = (await startMongo()).uriFor();
  worker = await startWorker({
    mongodbUri,
    features: [...features, house],
    env: { ROOM_PAGE_MESSAGES: "5", RATE_USER_EVENTS: "off" },
  });
});

/** A name that no other test uses. */
function newRoom(): string {
  rooms += 1;
  return `streamed-${rooms}`;
}

const as = (user: string) => ({ "X-User-Id": user });
const stream = (room: string, { user = "ann", query = "", last = "" } = {}): Promise<EventStream> =>
  openStream(`${worker.url}/rooms/${room}/stream${query}`, {
    ...as(user),
    ...(last === "" ? {} : { "Last-Event-ID": last }),
  });

async function publish(room: string, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    const headers = { ...as("bob"), "Content-Type": "application/json" };
    const body = JSON.stringify({ id, body: `body of ${id}` });
    const { status } = await fetch(`${worker.url}/rooms/${room}/messages`, { method: "POST", headers, body });
    expect(status).toBe(200);
  }
}

const idsOf = ({ events }: EventStream) => events.map(({ data }) => data.id);

test("a stream gives what is there and what comes, each with its place as its id", async () => {
  const room = newRoom();
  await publish(room, "m1", "m2");

  const reader = await stream(room);
  await reader.has(2);
  await publish(room, "m3");
  await reader.has(3);

  expect(reader.response.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  expect(reader.others).toEqual([expect.stringMatching(/^retry: [1-4]\d{3}$/)]);
  const [epoch] = reader.events[0]?.id.split(":") ?? [];
  expect(reader.events).toEqual(
    [1, 2, 3].map((seq) => ({
      id: `${epoch}:${seq}`,
      event: "message",
      data: { seq, id: `m${seq}`, from: "bob", at: expect.any(String), body: `body of m${seq}` },
    })),
  );
});

test("who comes back with Last-Event-ID goes on behind it, whatever the address says, over more than a page", async () => {
  const room = newRoom();
  const ids = Array.from({ length: 14 }, (_, index) => `m${index + 1}`);
  await publish(room, "m1");
  const first = await stream(room, { query: "?limit=1" });
  const [one] = await first.has(1);
  first.close();
  await publish(room, ...ids.slice(1));

  const again = await stream(room, { query: "?limit=1", last: one?.id ?? "" });
  await again.has(13);
  await publish(room, "m15");
  await again.has(14);

  expect(idsOf(again)).toEqual([...ids.slice(1), "m15"]);
});

test("with limit=0 a stream begins with nothing, and at once", async () => {
  const room = newRoom();
  await publish(room, "m1");
  const reader = await stream(room, { query: "?limit=0" });
  await publish(room, "m2");
  await reader.has(1);
  expect(idsOf(reader)).toEqual(["m2"]);
});

test("who comes back to another log is told, and gets all that is left", async () => {
  const room = newRoom();
  await publish(room, "m1", "m2");

  const reader = await stream(room, { last: "another:7" });
  await reader.has(3);

  expect(reader.events.map(({ event }) => event)).toEqual(["reset", "message", "message"]);
  const [reset] = reader.events;
  expect(reset?.data).toEqual({ reset: true, epoch: expect.any(String), floor: 0, to: 2 });
  expect(reset?.id).toBe(`${reset?.data.epoch}:0`);
});

test("a right that ends while a stream is open ends it before anything more is sent", async () => {
  const room = newRoom();
  await publish(room, "m1");
  const reader = await stream(room, { user: "eve" });
  await reader.has(1);

  refused.add("eve");
  await recheck({ user: "eve" });
  await publish(room, "m2");

  await reader.ended;
  expect(reader.events.slice(1)).toEqual([
    { id: "", event: "closed", data: { code: "forbidden", message: expect.any(String), temporary: false } },
  ]);
  expect((await stream(room, { user: "eve" })).response.statusCode).toBe(403);
});

test("a right that ends while the rule is asked whether something may be sent lets nothing through", async () => {
  const room = newRoom();
  const reader = await stream(room, { user: "kim", query: "?limit=0" });
  const answer = deferred();
  let isAsked = false;
  answers.set("kim", () => {
    isAsked = true;
    return answer.promise;
  });
  await publish(room, "m1");
  await eventually(() => expect(isAsked).toBe(true));

  refused.add("kim");
  await recheck({ user: "kim" });
  answer.resolve();

  await reader.ended;
  expect(reader.events.map(({ event, data }) => [event, data.code])).toEqual([["closed", "forbidden"]]);
});

test("a rule that fails ends no quiet stream, but one that it is asked for", async () => {
  const room = newRoom();
  const reader = await stream(room, { user: "lea", query: "?limit=0" });
  answers.set("lea", () => Promise.reject(new Error("the rule is broken")));
  await recheck({ user: "lea" });
  answers.delete("lea");
  await publish(room, "m1");
  await reader.has(1);

  answers.set("lea", () => Promise.reject(new Error("the rule is broken")));
  await publish(room, "m2");
  await reader.ended;
  expect(reader.events.map(({ event, data }) => [event, data.id ?? data.code])).toEqual([
    ["message", "m1"],
    ["closed", "internal"],
  ]);
  expect(worker.logs.filter(({ text }) => text.includes("a stream failed"))).not.toEqual([]);
});

test.each(["", "?limit=0"])(
  "who has had no message yet has a place, too, and misses none: %p",
  async (query) => {
    const room = newRoom();
    const early = await stream(room, { query });
    await eventually(() => expect(early.others).toHaveLength(2));
    const [, place = ""] = early.others;
    expect(place).toMatch(/^id: \w+:0$/);
    early.close();
    const ids = Array.from({ length: 60 }, (_, index) => `m${index + 1}`);
    await publish(room, ...ids);

    const again = await stream(room, { query, last: place.slice("id: ".length) });
    await again.has(60);

    expect(idsOf(again)).toEqual(ids);
  },
);

test("what is wrong with a request is told by its status, with the name of what is wrong", async () => {
  const room = newRoom();
  const cases: readonly (readonly [string, Record<string, string>, number, RegExp])[] = [
    [`/rooms/${room}/stream`, {}, 400, /X-User-Id/],
    [`/rooms/${room}/stream`, { ...as("ann"), "Last-Event-ID": "nonsense" }, 400, /Last-Event-ID/],
    [`/rooms/${room}/stream`, { ...as("ann"), "Last-Event-ID": "a:9999999999999999" }, 400, /Last-Event-ID/],
    [`/rooms/${room}/stream?after=-1`, as("ann"), 400, /after/],
    [`/rooms/${room}/stream?after=1&limit=2`, as("ann"), 400, /limit/],
    ["/rooms/a%20b/stream", as("ann"), 400, /room/],
  ];
  for (const [path, headers, status, message] of cases) {
    const response = await fetch(`${worker.url}${path}`, { headers });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(message);
  }
  const posted = await fetch(`${worker.url}/rooms/${room}/stream`, { method: "POST", headers: as("ann") });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const head = await fetch(`${worker.url}/rooms/${room}/stream`, { method: "HEAD", headers: as("ann") });
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
});

test("a client that reads nothing is sent nothing more, and keeps nobody waiting", async () => {
  const room = newRoom();
  const slow = await stream(room, { user: "hal", query: "?limit=0" });
  slow.response.pause();
  const other = await stream(room, { user: "ivy", query: "?limit=0" });
  const text = "x".repeat(15_000);
  const headers = { ...as("bob"), "Content-Type": "application/json" };
  for (let part = 1; part <= 600; part += 1) {
    const body = JSON.stringify({ id: `p${part}`, body: text });
    await fetch(`${worker.url}/rooms/${room}/messages`, { method: "POST", headers, body });
  }
  await other.has(600);
  expect(slow.events.length).toBeLessThan(600);

  slow.response.resume();
  await slow.has(600);
  expect(slow.events.map(({ data }) => data.seq)).toEqual(other.events.map(({ data }) => data.seq));
});

test("a worker that stops ends its streams in good order, without a word of an error", async () => {
  const leaving = await startWorker({ mongodbUri });
  const reader = await openStream(`${leaving.url}/rooms/${newRoom()}/stream`, as("ann"));
  await leaving.stop();
  await reader.ended;
  expect(reader.events).toEqual([]);
});
