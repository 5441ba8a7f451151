import { clientFrame, OPCODE } from "../../tools/loadtest/raw/frames.js";
import { createRawClient } from "../../tools/loadtest/raw/raw-client.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";
import { openRawClient } from "./support/open-raw-client.js";

const BODIES = [
  "plain",
  "Grüße, ключ 🐟 \u2028 \ud83d\udc1f",
  { deep: [1, 2.5, null, { text: '"\\\n\x1e' }] },
  0,
  false,
];

let worker: RunningWorker;
let rooms = 0;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env: { ROOM_PAGE_MESSAGES: "3" } });
});

/** A name that no other test uses. */
function newRoom(): string {
  rooms += 1;
  return `raw-${rooms}`;
}

describe.each(["websocket", "polling"] as const)("the raw client over %s", (transport) => {
  const raw = (user: string) => openRawClient({ url: worker.url, transport, auth: { user } });

  test("is told its session as socket.io-client is", async () => {
    const { session } = await connectClient(worker.url, { auth: { user: "ann" } });
    const client = await raw("ann");

    await eventually(() => expect(client.events).toHaveLength(1));
    expect(client.events).toEqual([["session", { ...session, id: client.sid }]]);
  });

  test("sends what socket.io-client gets, with the same acknowledgement", async () => {
    const room = newRoom();
    const [client, { socket }] = [await raw("ann"), await connectClient(worker.url)];
    const got: unknown[] = [];
    socket.on("message", (message: { body: unknown; from: string }) =>
      got.push([message.from, message.body]),
    );
    await emitAck(socket, "join", { room });

    expect(await client.ask("join", { room })).toEqual({ ok: true, room });
    for (const body of BODIES) {
      expect(await client.ask("message", { room, body })).toEqual({ ok: true, at: expect.any(String) });
    }

    await eventually(() => expect(got).toEqual(BODIES.map((body) => [client.sid, body])));
  });

  test("gets what socket.io-client sends, and all that another socket.io-client gets", async () => {
    const room = newRoom();
    const [client, sender, witness] = [
      await raw("ann"),
      await connectClient(worker.url),
      await connectClient(worker.url),
    ];
    const seen: unknown[] = [];
    witness.socket.on("message", (message) => seen.push(["message", message]));
    await client.ask("join", { room });
    for (const { socket } of [sender, witness]) await emitAck(socket, "join", { room });

    for (const body of BODIES) await emitAck(sender.socket, "message", { room, body });

    await eventually(() => expect(seen).toHaveLength(BODIES.length));
    await eventually(() => expect(client.events.slice(1)).toEqual(seen));
  });

  test("keeps the order of many", async () => {
    const room = newRoom();
    const [client, other] = [await raw("ann"), await raw("bob")];
    for (const each of [client, other]) await each.ask("join", { room });
    const numbers = Array.from({ length: 500 }, (_, number) => number);

    for (const body of numbers) client.emit("message", { room, body });

    const bodies = () => other.events.slice(1).map(([, message]) => (message as { body: unknown }).body);
    await eventually(() => expect(bodies()).toHaveLength(500));
    expect(bodies()).toEqual(numbers);
    expect(client.events).toHaveLength(1); // the sender gets none
  });

  test("publishes to durable rooms and reads them", async () => {
    const room = newRoom();
    const client = await raw("ann");
    const messages = BODIES.map((body, index) => ({ id: `m${index}`, body }));

    expect(await client.ask("publish", { room, messages })).toEqual({ ok: true, seqs: [1, 2, 3, 4, 5] });
    const page = await client.ask("subscribe", { room, after: 0 });

    const stored = messages.map(({ id, body }, index) => ({
      seq: index + 1,
      id,
      from: "ann",
      at: expect.any(String),
      body,
    }));
    expect(page).toMatchObject({
      ok: true,
      after: 0,
      messages: stored.slice(0, (page as { to: number }).to),
    });
  });

  test("is refused with the server's reason", async () => {
    const client = createRawClient({ url: worker.url, transport, auth: { user: "no user / at all" } });

    await expect(client.connect()).rejects.toThrow("refused: auth.user: must be");
    expect(client.connected()).toBe(false);
  });

  test("says goodbye, which the server sees as a client's wish", async () => {
    const client = await raw("ann");
    const left = worker.waitForLog(
      ({ fields }) => fields.msg === "client disconnect" && fields.session === client.sid,
    );

    await client.close();

    expect((await left).fields.reason).toBe("client namespace disconnect");
    expect(client.connected()).toBe(false);
    await expect(client.ask("join", { room: newRoom() })).rejects.toThrow("not connected");
  });

  test("notices that the server stops", async () => {
    const mongo = await startMongo();
    const ending = await startWorker({ mongodbUri: mongo.uriFor() });
    const client = await openRawClient({ url: ending.url, transport });

    await ending.stop();

    await eventually(() => expect(client.closed).toHaveLength(1));
    expect(client.connected()).toBe(false);
  });

  test("tells why there is no server", async () => {
    const client = createRawClient({ url: "http://127.0.0.1:9", transport });

    await expect(client.connect()).rejects.toThrow("ECONNREFUSED");
  });
});

describe("the raw client over WebSocket", () => {
  test("hands what it gets over unparsed, and sends prepared frames", async () => {
    const room = newRoom();
    const raws: string[] = [];
    const onMessage = (bytes: Buffer, start: number, end: number) =>
      bytes.toString("utf8", start, end).startsWith('42["message"') &&
      raws.push(bytes.toString("utf8", start, end)) > 0;
    const receiver = await openRawClient({ url: worker.url, onMessage });
    const sender = await openRawClient({ url: worker.url });
    for (const client of [receiver, sender]) await client.ask("join", { room });
    const frame = clientFrame(
      OPCODE.text,
      `42${JSON.stringify(["message", { room, body: "ready-made ü" }])}`,
    );

    sender.sendFrame(frame);
    sender.sendFrame(frame);

    await eventually(() => expect(raws).toHaveLength(2));
    expect(JSON.parse(raws[0]?.slice(2) ?? "")).toEqual([
      "message",
      { from: sender.sid, body: "ready-made ü", at: expect.any(String), room },
    ]);
    expect(receiver.events.map(([name]) => name)).toEqual(["session"]);
  });

  test("comes from the address that it is told to", async () => {
    const client = await openRawClient({ url: worker.url, localAddress: "127.0.7.9" });

    const line = await worker.waitForLog(
      ({ fields }) => fields.msg === "client connect" && fields.session === client.sid,
    );
    expect(String(line.fields.address)).toContain("127.0.7.9");
  });
});
