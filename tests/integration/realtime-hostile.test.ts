import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, neverHappens, once } from "../support/wait.js";

// An error that nobody catches fails the running test: in a process of its own it would end it.

const MESSAGE_LIMIT_BYTES = 10_000;
let worker: RunningWorker;
let bystander: Client;

beforeAll(async () => {
  const mongo = await startMongo();
  const env = { MESSAGE_LIMIT_BYTES: String(MESSAGE_LIMIT_BYTES) };
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
  bystander = await connectClient(worker.url);
});

const alive = ({ socket }: Client) =>
  expect(emitAck(socket, "join", { room: "fine" })).resolves.toEqual({ ok: true, room: "fine" });

afterEach(() => alive(bystander));

/** Sends an Engine.IO message as it is: "2" begins a Socket.IO event. */
const sendPacket = ({ socket }: Client, packet: string) => void socket.io.engine.send(packet);

/** A client that is expected to be cut off by what it sends. */
async function isCutOff(packet: string): Promise<void> {
  const hostile = await connectClient(worker.url);
  const gone = once(hostile.socket, "disconnect");
  sendPacket(hostile, packet);
  await gone;
}

describe("an odd event", () => {
  test.each([
    ["with a number for its name", "[5]"],
    ["with a fraction for its name", "[1.5,{}]"],
    ["with an empty name", '[""]'],
    ["with a name of 10,000 characters", `["${"x".repeat(10_000)}"]`],
    ["with more than one payload", '["join",{"room":"a"},{"room":"b"}]'],
    ["named like what no object lacks", '["hasOwnProperty",{}]'],
  ])("%s harms nobody, whether it asks for an answer or not", async (_what, event) => {
    const odd = await connectClient(worker.url);

    sendPacket(odd, `2${event}`);
    sendPacket(odd, `277${event}`);

    await neverHappens(odd.socket, "disconnect", alive(odd));
  });

  test("with a number for its name is answered as unknown", async () => {
    const odd = await connectClient(worker.url);
    const answer = once<[{ type: number; id?: number; data: unknown[] }]>(
      // biome-ignore lint/suspicious/noExplicitAny: the decoder is not part of the client's types
      (odd.socket.io as any).decoder,
      "decoded",
    );

    sendPacket(odd, "277[5,{}]");

    const [{ id, data }] = await answer;
    expect({ id, data }).toEqual({
      id: 77,
      data: [{ ok: false, error: { code: "unknown_event", message: expect.any(String), temporary: false } }],
    });
  });
});

describe("an acknowledgement", () => {
  test.each(["30[]", '3999999["x"]', "3-1[]"])("that nobody asked for harms nobody: %s", async (packet) => {
    const odd = await connectClient(worker.url);
    sendPacket(odd, packet);
    await neverHappens(odd.socket, "disconnect", alive(odd)).catch(() => {}); // to be cut off is well, too
  });
});

describe.each(["websocket", "polling"])("the id of an acknowledgement, over %s", (transport) => {
  test.each([
    ["above 2^53 - 1", "9007199254740992"],
    ["of 25 digits", "1".repeat(25)],
    ["of 400 digits", "1".repeat(400)],
    ["with a blank in it", "1 1"],
  ])("%s ends its own connection: the event is neither handled nor answered", async (_what, id) => {
    const hostile = await connectClient(worker.url, { transports: [transport] });
    const sent: unknown[] = [];
    hostile.socket.io.engine.on("data", (data) => void sent.push(data));
    const gone = once(hostile.socket, "disconnect");

    sendPacket(hostile, `2${id}["message",{"body":"from one who is cut off"}]`);

    await neverHappens(
      bystander.socket,
      "message",
      gone.then(() => alive(bystander)),
    );
    expect(sent.filter((data) => String(data).startsWith("3"))).toEqual([]);
  });

  test.each([
    ["that is the largest", "9007199254740991", "39007199254740991["],
    ["with zeros in front", "007", "37["],
  ])("%s is answered as the number that it is", async (_what, id, answer) => {
    const odd = await connectClient(worker.url, { transports: [transport] });
    const sent: string[] = [];
    odd.socket.io.engine.on("data", (data) => void sent.push(String(data)));

    sendPacket(odd, `2${id}["join",{"room":"fine"}]`);

    await eventually(() => expect(sent).toContainEqual(expect.stringMatching(/^3/)));
    expect(sent.filter((data) => data.startsWith("3"))).toEqual([expect.stringContaining(answer)]);
  });
});

describe("what is no Socket.IO packet ends its own connection only", () => {
  test.each([
    ["an unknown type", "9"],
    ["JSON that is broken", '2["join",{'],
    ["an event that is no list", '2{"join":1}'],
    ["an event without a name", "2[]"],
    ["a name that is an object", '2[{"toString":1}]'],
    ["a reserved name", '2["disconnecting","x"]'],
    ["another reserved name", '2["connect"]'],
    ["a list where a connect has an object", "0[]"],
    ["binary parts that are not announced", "5-[]"],
    ["a million binary parts", '51000000-["message",{"_placeholder":true,"num":0}]'],
    ["binary parts of a number without end", `5${"9".repeat(400)}-["message",{"_placeholder":true,"num":0}]`],
    ["binary parts of a fraction", '51.5-["message",{"_placeholder":true,"num":0}]'],
    ["an id with a sign", '2+1["join",{"room":"a"}]'],
    ["a negative id", '2-1["join",{"room":"a"}]'],
    ["a namespace of 10,000 characters", `2/${"n".repeat(10_000)},["join",{"room":"a"}]`],
    ["a namespace that is not there", '2/admin,["join",{"room":"a"}]'],
  ])("%s", async (_what, packet) => {
    await isCutOff(packet);
  });

  test("binary parts that are more than a message may have, before all of them are there", async () => {
    const hostile = await connectClient(worker.url);
    const gone = once(hostile.socket, "disconnect");
    const part = Buffer.alloc(2 * MESSAGE_LIMIT_BYTES);

    sendPacket(hostile, '510-["message",{"_placeholder":true,"num":0}]');
    for (const piece of [part, part]) hostile.socket.io.engine.send(piece);

    await gone;
  });

  test("a binary part that nobody waits for", async () => {
    const hostile = await connectClient(worker.url);
    const gone = once(hostile.socket, "disconnect");
    hostile.socket.io.engine.send(Buffer.from([1, 2, 3]) as unknown as string);
    await gone;
  });

  test("binary parts in a value too deep for the decoder's stack", async () => {
    const hostile = await connectClient(worker.url);
    const depth = 12_000;
    const gone = new Promise((resolve) => hostile.socket.once("disconnect", resolve));
    const body = "[".repeat(depth) + "]".repeat(depth);
    sendPacket(hostile, `51-["message",{"body":${body},"x":{"_placeholder":true,"num":0}}]`);
    hostile.socket.io.engine.send(Buffer.from([1]) as unknown as string);
    // Refused without an answer, or cut off: both are well.
    await alive(hostile).catch(() => gone);
  });
});

describe("a value of many levels", () => {
  test("is refused, however deep, and nobody gets it", async () => {
    const odd = await connectClient(worker.url);
    const depth = 12_000;
    sendPacket(odd, `2["message",{"body":${"[".repeat(depth)}${"]".repeat(depth)}}]`);
    const marker = once(bystander.socket, "message");
    await emitAck(odd.socket, "message", { body: "marker" });
    await expect(marker).resolves.toEqual([expect.objectContaining({ body: "marker" })]);
  });

  test("of as many as are allowed arrives", async () => {
    const odd = await connectClient(worker.url);
    const body = JSON.parse("[".repeat(32) + "]".repeat(32));
    const heard = once(bystander.socket, "message");
    await expect(emitAck(odd.socket, "message", { body })).resolves.toMatchObject({ ok: true });
    await expect(heard).resolves.toEqual([expect.objectContaining({ body })]);
  });
});

test("keys that mean something to JavaScript arrive as they are, and change nothing", async () => {
  const odd = await connectClient(worker.url);
  const body = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":1}';
  const heard = once<[{ body: object }]>(bystander.socket, "message");
  sendPacket(odd, `2["message",{"body":${body}}]`);
  const [message] = await heard;
  expect(JSON.stringify(message.body)).toBe(body);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test("a body within the limit arrives, however its sender writes it", async () => {
  const odd = await connectClient(worker.url);
  const letters = MESSAGE_LIMIT_BYTES / 2 - 1;
  const heard = once(bystander.socket, "message");
  // Many clients write every character beyond ASCII as \uXXXX: six bytes for the two that count.
  sendPacket(odd, `2["message",{"body":"${"\\u00e9".repeat(letters)}"}]`);
  await expect(heard).resolves.toEqual([expect.objectContaining({ body: "é".repeat(letters) })]);
});

describe("bytes that are no protocol", () => {
  const UPGRADE = [
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    ...["Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
  ].join("\r\n");

  test.each([
    ["garbage", Buffer.from("nonsense\r\n\r\n")],
    ["an unmasked frame", Buffer.from([0x81, 0x02, 0x34, 0x30])],
    [
      "a frame of 2^63 bytes",
      Buffer.from([0x81, 0xff, 0x7f, ...new Array<number>(7).fill(0xff), 0, 0, 0, 0]),
    ],
    ["a text that is no UTF-8", Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28])],
  ])("on a WebSocket end it: %s", async (_what, bytes) => {
    const raw = await openRaw(worker.url);
    raw.write(UPGRADE);
    await raw.read(/"sid"/);
    raw.write(bytes);
    await raw.readToEnd();
  });

  test.each(["nonsense", "4", "\u001e\u001e\u001e", "9{}", "b!!!!", `4${"x".repeat(1000)}`])(
    "in a polling POST harm nobody: %p",
    async (body) => {
      const base = `${worker.url}/socket.io/?EIO=4&transport=polling`;
      const { sid } = JSON.parse((await (await fetch(base)).text()).slice(1)) as { sid: string };
      const response = await fetch(`${base}&sid=${sid}`, { method: "POST", body });
      expect([200, 400]).toContain(response.status);
    },
  );

  test("a polling POST over the limit is refused, and its session ends", async () => {
    const base = `${worker.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(base)).text()).slice(1)) as { sid: string };
    const body = `42${"x".repeat(20 * MESSAGE_LIMIT_BYTES)}`;
    const { status } = await fetch(`${base}&sid=${sid}`, { method: "POST", body });
    expect(status).toBe(413);
    expect((await fetch(`${base}&sid=${sid}`)).status).toBe(404);
  });

  test("a polling POST that comes byte by byte is refused before it is over the limit", async () => {
    const base = `${worker.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(base)).text()).slice(1)) as { sid: string };
    const raw = await openRaw(worker.url);
    const target = new URL(`${base}&sid=${sid}`);
    raw.write(
      `POST ${target.pathname}${target.search} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    raw.write("1\r\nx\r\n".repeat(MESSAGE_LIMIT_BYTES));
    await raw.readToEnd();
    expect((await fetch(`${base}&sid=${sid}`)).status).toBe(404);
  });

  test.each([
    ["EIO=3&transport=polling", 400],
    ["EIO=4&transport=carrier-pigeon", 400],
    ["EIO=4&transport=polling&sid=none", 404],
  ])("a handshake that is wrong is refused: %s", async (query, status) => {
    expect((await fetch(`${worker.url}/socket.io/?${query}`)).status).toBe(status);
  });
});

test("a refused event is logged without its payload", async () => {
  const odd = await connectClient(worker.url);
  odd.socket.emit("message", { body: null, password: "hunter2" });
  await worker.waitForLog(logged("event refused", { session: odd.session.id, event: "message" }));
  expect(worker.logs.map(({ text }) => text).join()).not.toContain("hunter2");
});
