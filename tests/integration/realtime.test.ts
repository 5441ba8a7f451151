import { AppError, type ErrorCode } from "../../src/contract/errors.js";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { neverHappens, once } from "../support/wait.js";

const MESSAGE_LIMIT_BYTES = 1000;
let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  const env = { MESSAGE_LIMIT_BYTES: String(MESSAGE_LIMIT_BYTES), MAX_ROOMS_PER_SOCKET: "3" };
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
});

const client = (options = {}) => connectClient(worker.url, options);
const threeClients = () => Promise.all([client(), client(), client()]);

/** The next message that a client gets. */
async function received({ socket }: Client): Promise<unknown> {
  const [message] = await once(socket, "message");
  return message;
}

const refused = (code: ErrorCode) => ({
  ok: false,
  error: { ...new AppError(code).body, message: expect.any(String) },
});

describe("a connection", () => {
  test.each(["polling", "websocket"])("over %s is told its session first", async (transport) => {
    const { session, socket } = await client({ transports: [transport] });

    const { id } = socket;
    const taken = { maxBodyBytes: MESSAGE_LIMIT_BYTES, maxPublishMessages: 50 };
    expect(session).toEqual({ id, user: id, instance: worker.config.instance, worker: 1, ...taken });
  });

  test("is logged with its transport, and its end with the reason", async () => {
    const { session, socket } = await client();
    await worker.waitForLog(logged("client connect", { session: session.id, transport: "websocket" }));

    socket.disconnect();

    await worker.waitForLog(
      logged("client disconnect", { session: session.id, reason: "client namespace disconnect" }),
    );
  });
});

describe("a message", () => {
  test("goes to all other clients and not to its sender", async () => {
    const [ann, bob, cat] = await threeClients();
    const heard = Promise.all([received(bob), received(cat)]);

    const sent = emitAck(ann.socket, "message", { body: "hello" });

    await expect(sent).resolves.toEqual({ ok: true, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
    const message = { from: ann.session.id, body: "hello", at: expect.any(String) };
    await neverHappens(ann.socket, "message", heard);
    await expect(heard).resolves.toEqual([message, message]);
  });

  test("to a room goes to the others in it and to nobody else", async () => {
    const [ann, bob, cat] = await threeClients();
    await emitAck(ann.socket, "join", { room: "r" });
    await emitAck(bob.socket, "join", { room: "r" });
    const heard = received(bob);

    await emitAck(ann.socket, "message", { room: "r", body: { list: [1, null, "ü"] } });

    expect(await heard).toMatchObject({ from: ann.session.id, room: "r", body: { list: [1, null, "ü"] } });
    // What came first would have been heard first.
    const marker = received(cat);
    await emitAck(bob.socket, "message", { body: "marker" });
    expect(await marker).toMatchObject({ body: "marker" });
  });

  test("is not heard any more after leaving the room", async () => {
    const [ann, bob] = await threeClients();
    for (const one of [ann, bob]) await emitAck(one.socket, "join", { room: "left" });
    await emitAck(bob.socket, "leave", { room: "left" });
    const next = received(bob);

    await emitAck(ann.socket, "message", { room: "left", body: "to the room" });
    await emitAck(ann.socket, "message", { body: "to all" });

    expect(await next).toMatchObject({ body: "to all" });
  });

  test("to a room needs its sender to be in it", async () => {
    const { socket } = await client();

    await expect(emitAck(socket, "message", { room: "elsewhere", body: 1 })).resolves.toEqual(
      refused("not_in_room"),
    );
  });

  test("without an acknowledgement is relayed, too", async () => {
    const [ann, bob] = await threeClients();
    const heard = received(bob);

    ann.socket.emit("message", { body: "no answer, please" });

    expect(await heard).toMatchObject({ body: "no answer, please" });
  });
});

describe("rooms", () => {
  test("are as many as the limit says, and joining one again is no new one", async () => {
    const { socket } = await client();
    for (const room of ["a", "b", "c", "a"]) {
      await expect(emitAck(socket, "join", { room })).resolves.toEqual({ ok: true, room });
    }

    await expect(emitAck(socket, "join", { room: "d" })).resolves.toEqual(refused("too_many_rooms"));
    await emitAck(socket, "leave", { room: "a" });
    await expect(emitAck(socket, "join", { room: "d" })).resolves.toMatchObject({ ok: true });
  });

  test("named like another connection do not open its private one", async () => {
    const [ann, bob, spy] = await threeClients();
    await emitAck(spy.socket, "join", { room: bob.session.id });
    await emitAck(ann.socket, "join", { room: bob.session.id });
    const heard = received(spy);

    await emitAck(ann.socket, "message", { room: bob.session.id, body: "to the room of that name" });

    expect(await heard).toMatchObject({ room: bob.session.id });
    const next = received(bob);
    await emitAck(ann.socket, "message", { body: "marker" });
    expect(await next).toMatchObject({ body: "marker" });
  });
});

describe("an event", () => {
  test.each<[string, string, unknown, ErrorCode]>([
    ["without a payload", "message", undefined, "invalid"],
    ["with null", "message", null, "invalid"],
    ["with a text for an object", "join", "room", "invalid"],
    ["with a list", "message", [], "invalid"],
    ["with a body of null", "message", { body: null }, "invalid"],
    ["with a field too many", "message", { body: 1, to: "x" }, "invalid"],
    ["with a room name of spaces", "join", { room: "a room" }, "invalid"],
    ["with a room name too long", "join", { room: "r".repeat(129) }, "invalid"],
    ["with binary for JSON", "message", { body: Buffer.from("x") }, "invalid"],
    [
      "with a body nested too deep",
      "message",
      { body: JSON.parse("[".repeat(40) + "]".repeat(40)) },
      "invalid",
    ],
    ["with a body over the limit", "message", { body: "x".repeat(MESSAGE_LIMIT_BYTES) }, "too_large"],
    ["that nobody knows", "nonsense", {}, "unknown_event"],
    ["named like a property of all objects", "constructor", {}, "unknown_event"],
    ["named __proto__", "__proto__", {}, "unknown_event"],
    ["named like a method of an emitter", "removeAllListeners", {}, "unknown_event"],
    ["named error", "error", {}, "unknown_event"],
  ])("%s is refused, and the connection goes on", async (_what, event, payload, code: ErrorCode) => {
    const { socket } = await client();

    await expect(emitAck(socket, event, payload)).resolves.toEqual(refused(code));
    await expect(emitAck(socket, "join", { room: "still-here" })).resolves.toMatchObject({ ok: true });
  });

  test("in a frame beyond all limits ends its own connection only", async () => {
    const [hostile, bystander] = await threeClients();
    const gone = once(hostile.socket, "disconnect");

    hostile.socket.emit("message", { body: "x".repeat(4 * MESSAGE_LIMIT_BYTES + 20_000) });

    await gone;
    await expect(emitAck(bystander.socket, "join", { room: "fine" })).resolves.toMatchObject({ ok: true });
  });

  test("that is no packet at all ends its own connection only", async () => {
    const [hostile, bystander] = await threeClients();
    const gone = once(hostile.socket, "disconnect");

    hostile.socket.io.engine.send('4{"not":"a packet"');

    await gone;
    await expect(emitAck(bystander.socket, "join", { room: "fine" })).resolves.toMatchObject({ ok: true });
  });
});

test("a handshake for a user with an unfit name is refused for good", async () => {
  const { io } = await import("socket.io-client");
  const socket = io(worker.url, { auth: { user: "a/b" }, reconnection: false, forceNew: true });
  onTestEnd(() => socket.disconnect());

  const [error] = await once<[Error & { data?: unknown }]>(socket, "connect_error");

  expect(error.data).toEqual({
    code: "invalid",
    message: expect.stringContaining("auth.user"),
    temporary: false,
  });
});
