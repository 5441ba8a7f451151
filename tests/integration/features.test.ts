import { z } from "zod";
import { features } from "../../src/app/features.js";
import { anyone, operator, user } from "../../src/contract/access.js";
import { emitted } from "../../src/contract/emitted.js";
import { AppError } from "../../src/contract/errors.js";
import { event } from "../../src/contract/event.js";
import { feature } from "../../src/contract/feature.js";
import { namedRoom } from "../../src/contract/room-schemas.js";
import { route } from "../../src/contract/route.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { neverHappens, once } from "../support/wait.js";

let mongodbUri: string;

beforeAll(async () => {
  const mongo = await startMongo();
  mongodbUri = mongo.uriFor();
});

const nothing = z.strictObject({});
const note = z.strictObject({ text: z.string() });
const noted = emitted("inbox:noted", { summary: "A note.", payload: note });

/** Rooms that are closed take no messages. */
const closing = feature("closing", {
  create({ metrics }) {
    const closed = new Set<string>();
    const refused = metrics.counter("closing_refused_total", "Messages for rooms that are closed");
    metrics.gauge("closing_rooms", "Rooms that are closed", () => closed.size);
    return {
      rule(_user, { operation, room }) {
        if (operation !== "publish" || !closed.has(room)) return;
        refused.add();
        throw new AppError("forbidden", "This room is closed");
      },
      routes: [
        route(
          "PUT",
          "/rooms/:room/closed",
          { summary: "Closes.", access: operator, params: namedRoom, reply: z.strictObject({}), status: 201 },
          ({ params }) => {
            closed.add(params.room);
            return {};
          },
        ),
      ],
    };
  },
});

const HEADERS = { "Content-Type": "application/json", "X-User-Id": "ann" };

const publish = (worker: RunningWorker, room: string, id: string) =>
  fetch(`${worker.url}/rooms/${room}/messages`, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify({ id, body: "hello" }),
  });

test("a feature's rule decides for HTTP and Socket.IO alike, and only about what it is about", async () => {
  const worker = await startWorker({ mongodbUri, features: [...features, closing] });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const emit = (room: string, id: string) =>
    emitAck(socket, "publish", { room, messages: [{ id, body: "hello" }] });
  expect((await publish(worker, "hall", "1")).status).toBe(200);

  const closed = await fetch(`${worker.adminUrl}/rooms/hall/closed`, { method: "PUT" });

  expect(closed.status).toBe(201);
  const refused = await publish(worker, "hall", "2");
  expect(refused.status).toBe(403);
  const error = { code: "forbidden", message: "This room is closed", temporary: false };
  await expect(refused.json()).resolves.toMatchObject({ error });
  await expect(emit("hall", "3")).resolves.toMatchObject({ ok: false, error });
  await expect(emit("kitchen", "4")).resolves.toMatchObject({ ok: true });
  await expect(emitAck(socket, "subscribe", { room: "hall" })).resolves.toMatchObject({
    ok: true,
    messages: [{ id: "1" }],
  });
  const metrics = await worker.metrics();
  expect(metrics).toContain('closing_refused_total{worker="1"} 2');
  expect(metrics).toContain('closing_rooms{worker="1"} 1');
});

test("a rule is tried out as docs/extending.md prints it", async () => {
  const error = { code: "forbidden", message: "Only the editor publishes here" };
  const news = feature("news", {
    create: () => ({
      rule(user, { operation, room }) {
        if (operation === "publish" && room.startsWith("news:") && user !== "editor")
          throw new AppError("forbidden", error.message);
      },
    }),
  });
  const worker = await startWorker({ mongodbUri, features: [...features, news] });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });

  const body = JSON.stringify({ id: "1", body: "hello" });
  const request = { method: "POST", headers: HEADERS, body };
  const response = await fetch(`${worker.url}/rooms/news:today/messages`, request);
  const messages = [{ id: "2", body: "hello" }];
  const answer = await emitAck(socket, "publish", { room: "news:today", messages });

  expect(response.status).toBe(403);
  expect(answer).toMatchObject({ ok: false, error });
});

test("what does not keep to its declaration is an error on our side, and is told to the developer", async () => {
  const short = z.strictObject({ text: z.string().max(3) });
  const careless = feature("careless", {
    create: () => ({
      routes: [
        route("GET", "/undeclared", { summary: "Is refused.", access: anyone, reply: short }, () => {
          throw new AppError("conflict");
        }),
        route("GET", "/long", { summary: "Is too long.", access: anyone, reply: short }, () => ({
          text: "long",
        })),
        route(
          "GET",
          "/late",
          {
            summary: "Has another status.",
            access: anyone,
            reply: short,
            status: { all: [200], of: () => 202 },
          },
          () => ({ text: "ok" }),
        ),
      ],
      events: [
        event("undeclared", { summary: "Is refused.", access: user, payload: short }, () => {
          throw new AppError("conflict");
        }),
        event("given", { summary: "Is too long.", access: user, payload: short, ack: short }, () => ({
          text: "long",
        })),
        event(
          "sent",
          { summary: "Is too long.", access: user, payload: short, ack: short },
          ({ acknowledge }) => void acknowledge({ text: "long" }) as undefined,
        ),
        event(
          "right",
          { summary: "Is right.", access: user, payload: short, ack: short },
          ({ payload }) => payload,
        ),
      ],
    }),
  });
  const worker = await startWorker({ mongodbUri, features: [...features, careless] });
  const { socket } = await connectClient(worker.url);

  for (const path of ["/long", "/late", "/undeclared"])
    expect((await fetch(worker.url + path)).status).toBe(500);
  for (const name of ["given", "sent", "undeclared"]) {
    await expect(emitAck(socket, name, { text: "ok" })).resolves.toMatchObject({
      error: { code: "internal" },
    });
  }
  await expect(emitAck(socket, "right", { text: "ok" })).resolves.toEqual({ ok: true, text: "ok" });
  expect(worker.logs.filter(({ fields }) => fields?.level === "error")).toHaveLength(6);
});

/** What is for a user comes to all who speak for him. */
const inbox = feature("inbox", {
  create: ({ send }) => ({
    emits: [noted],
    events: [
      event(
        "inbox:watch",
        {
          summary: "Watches.",
          access: user,
          payload: nothing,
          enters: (_payload, user) => `app:user:${user}`,
        },
        ({ entry }) => void entry.enter(),
      ),
      event(
        "inbox:leave",
        {
          summary: "Leaves.",
          access: user,
          payload: nothing,
          leaves: (_payload, user) => `app:user:${user}`,
        },
        () => {},
      ),
      event("inbox:note", { summary: "Notes.", access: user, payload: note }, ({ payload, user }) =>
        send(`app:user:${user}`, noted, payload),
      ),
    ],
  }),
});

test("a channel may be of a user, and no other one is let in", async () => {
  const worker = await startWorker({ mongodbUri, features: [...features, inbox] });
  const connect = async (user: string) => (await connectClient(worker.url, { auth: { user } })).socket;
  const [phone, tablet, other] = [await connect("ann"), await connect("ann"), await connect("bob")];
  for (const socket of [phone, tablet, other]) await emitAck(socket, "inbox:watch", {});
  const told = once(tablet, "inbox:noted");
  const leaks = neverHappens(other, "inbox:noted", told);

  await expect(emitAck(phone, "inbox:note", { text: "milk" })).resolves.toEqual({ ok: true });

  expect(await told).toEqual([{ text: "milk" }]);
  await leaks;
  await emitAck(tablet, "inbox:leave", {});
  const again = once(phone, "inbox:noted");
  const gone = neverHappens(tablet, "inbox:noted", again);
  await emitAck(phone, "inbox:note", { text: "bread" });
  expect(await again).toEqual([{ text: "bread" }]);
  await gone;
});

/** Gives and throws what it does not declare. */
const careless = feature("careless", {
  create: () => {
    const secret = { text: "a", secret: "b" };
    const declared = { summary: "Careless.", access: user };
    return {
      routes: [
        route("GET", "/careless/reply", { ...declared, reply: note }, () => secret),
        route("GET", "/careless/error", { ...declared, reply: note }, () => {
          throw new AppError("conflict");
        }),
      ],
      events: [
        event("careless:ack", { ...declared, payload: nothing, ack: note }, () => secret),
        event("careless:early", { ...declared, payload: nothing, ack: note }, ({ acknowledge }) => {
          acknowledge(secret);
          return undefined;
        }),
        event("careless:nothing", { ...declared, payload: nothing, ack: note }, () => undefined),
        event("careless:error", { ...declared, payload: nothing }, () => {
          throw new AppError("conflict");
        }),
        event("careless:fine", { ...declared, payload: nothing, ack: note }, ({ acknowledge }) => {
          acknowledge({ text: "c" });
          return undefined;
        }),
      ],
    };
  },
});

test("what differs from its declaration does not go out in development, and the log says why", async () => {
  const worker = await startWorker({ mongodbUri, features: [...features, careless] });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });

  for (const path of ["reply", "error"]) {
    const response = await fetch(`${worker.url}/careless/${path}`, { headers: { "X-User-Id": "ann" } });
    expect({ path, status: response.status }).toEqual({ path, status: 500 });
    expect(await response.text()).not.toContain("secret");
  }
  for (const name of ["ack", "early", "nothing", "error"]) {
    const answer = await emitAck(socket, `careless:${name}`, {});
    expect({ name, answer }).toMatchObject({ name, answer: { ok: false, error: { code: "internal" } } });
  }
  await expect(emitAck(socket, "careless:fine", {})).resolves.toEqual({ ok: true, text: "c" });
  const told = (message: string, fields: object) =>
    expect.objectContaining({
      ...{ level: "error", ...fields },
      err: expect.objectContaining({ message: expect.stringContaining(message) }),
    });
  const undeclared = 'gives the error "conflict", which it does not declare';
  expect(worker.logs.map(({ fields }) => fields)).toEqual(
    expect.arrayContaining([
      told(`GET /careless/error ${undeclared}`, { method: "GET", route: "/careless/error" }),
      told("Unrecognized key", { method: "GET", route: "/careless/reply" }),
      told(`The event "careless:error" ${undeclared}`, { event: "careless:error" }),
      told("Unrecognized key", { event: "careless:ack" }),
    ]),
  );
});

test("a worker whose features do not go together does not start, and says why", async () => {
  await expect(startWorker({ mongodbUri, features: [...features, closing, closing] })).rejects.toThrow(
    /The features cannot be served: .*"closing" is declared 2 times/,
  );
  const spec = { summary: "Has no access.", reply: note } as never;
  const open = feature("open", { create: () => ({ routes: [route("GET", "/open", spec, () => null)] }) });
  await expect(startWorker({ mongodbUri, features: [...features, open] })).rejects.toThrow(
    "The features cannot be served: GET /open has no valid `access`",
  );
});
