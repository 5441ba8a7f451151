import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { openEngineClient, openPollingSession, poll, postPackets } from "../support/engine-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

let worker: RunningWorker;
let bystander: Client;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env: { AUTH_LIMIT_BYTES: "4096" } });
  bystander = await connectClient(worker.url);
});

afterEach(async () => {
  await expect(emitAck(bystander.socket, "join", { room: "fine" })).resolves.toMatchObject({ ok: true });
});

const connectLines = () => worker.logs.filter(({ fields }) => fields.msg === "client connect");

describe("who leaves the namespace is hung up on", () => {
  test("over WebSocket, whatever it sends afterwards", async () => {
    const client = await openEngineClient(worker.url);
    client.send("40");
    await eventually(() => expect(client.packets.some((packet) => packet.startsWith("40"))).toBe(true));
    client.send("41", ...Array.from({ length: 1000 }, () => "40/a,"));
    await client.closed();
    expect(client.packets.filter((packet) => packet.startsWith("44")).length).toBeLessThanOrEqual(10);
  });

  test("over polling", async () => {
    const sid = await openPollingSession(worker.url);
    await postPackets(worker.url, sid, ["40"]);
    await poll(worker.url, sid);
    await postPackets(worker.url, sid, ["41"]);
    await eventually(async () => expect((await poll(worker.url, sid)).status).toBe(404));
  });

  test("so that a connection has one session in its life, one line in the log and one in the audit", async () => {
    const before = connectLines().length;
    const byWebSocket = await openEngineClient(worker.url);
    byWebSocket.send(...Array.from({ length: 100 }, (_, index) => `4${index % 2}`));
    await byWebSocket.closed();
    for (const pause of [false, true]) {
      const client = await openEngineClient(worker.url);
      client.send("40");
      await eventually(() => expect(client.packets.some((packet) => packet.startsWith("42"))).toBe(true));
      client.send("41");
      if (pause) await new Promise((resolve) => setImmediate(resolve));
      client.send("40", "41", "40");
      await client.closed();
      expect(client.packets.filter((packet) => packet.startsWith("40"))).toHaveLength(1);
    }
    const sid = await openPollingSession(worker.url);
    await postPackets(worker.url, sid, ["40", "41", "40", "41", "40"]);
    await eventually(async () => expect((await poll(worker.url, sid)).status).toBe(404));

    expect(connectLines().length - before).toBeLessThanOrEqual(4);
  });
});

test("who asks to join twice before the answer, as two users, gets one session at most and is cut off", async () => {
  const before = connectLines().length;
  const asked = ['40{"user":"twice-ann"}', '40{"user":"twice-bob"}'];
  const sid = await openPollingSession(worker.url);
  await postPackets(worker.url, sid, asked);
  await eventually(async () => expect((await poll(worker.url, sid)).status).toBe(404));
  const client = await openEngineClient(worker.url);
  client.send(...asked);
  await client.closed();

  expect(connectLines().length - before).toBeLessThanOrEqual(2);
});

test("who asks for a namespace that is not there again and again is cut off, over WebSocket or polling", async () => {
  const client = await openEngineClient(worker.url);
  client.send(...Array.from({ length: 5000 }, () => "40/a,"));
  await client.closed();
  expect(client.packets.filter((packet) => packet.startsWith("44")).length).toBeLessThanOrEqual(10);

  const sid = await openPollingSession(worker.url);
  await postPackets(
    worker.url,
    sid,
    Array.from({ length: 50 }, () => "40/a,"),
  ).catch(() => {}); // it may be cut off before it has its answer
  expect((await poll(worker.url, sid)).status).toBe(404);
});

test("who is refused may ask again on the same connection, with other words", async () => {
  const client = await openEngineClient(worker.url);
  client.send('40{"user":"not one of ours!"}');
  await eventually(() => expect(client.packets.some((packet) => packet.startsWith("44"))).toBe(true));
  client.send('40{"user":"ann"}');
  await eventually(() => expect(client.packets.some((packet) => packet.startsWith("40"))).toBe(true));
});

describe("the auth of a handshake", () => {
  const refusalOf = async (auth: object) => {
    const error = await connectClient(worker.url, { auth }).catch((reason: unknown) => reason);
    return (error as { data?: { code?: string } }).data?.code;
  };

  test("may have the size that is allowed", async () => {
    await connectClient(worker.url, { auth: { user: "ann", token: "x".repeat(4000) } });
  });

  test("is refused with a reason beyond it", async () => {
    await expect(refusalOf({ user: "ann", token: "x".repeat(5000) })).resolves.toBe("too_large");
  });

  test("harms nobody, however deep", async () => {
    const client = await openEngineClient(worker.url);
    client.send(`40{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`);
    await eventually(() => expect(client.packets.some((packet) => /^44.*invalid/.test(packet))).toBe(true));
  });
});

describe("a session has one WebSocket", () => {
  test("and no second one while it tries it", async () => {
    const sid = await openPollingSession(worker.url);
    await openEngineClient(worker.url, sid);
    await expect(openEngineClient(worker.url, sid)).rejects.toThrow("400");
  });

  test("and none beside that by which it came", async () => {
    const client = await openEngineClient(worker.url);
    const { sid } = JSON.parse((client.packets[0] ?? "").slice(1)) as { sid: string };
    await expect(openEngineClient(worker.url, sid)).rejects.toThrow("400");
  });

  test("and a next one when the first has failed", async () => {
    const sid = await openPollingSession(worker.url);
    const first = await openEngineClient(worker.url, sid);
    first.webSocket.terminate();
    await eventually(() => openEngineClient(worker.url, sid));
  });

  test("that it cannot try for ever", async () => {
    const sid = await openPollingSession(worker.url);
    const client = await openEngineClient(worker.url, sid);
    client.send(...Array.from({ length: 1000 }, () => "2probe"));
    await client.closed();
    expect(client.packets.length).toBeLessThanOrEqual(4);
  });

  test("that it cannot send pings for ever, which are not held back", async () => {
    const sid = await openPollingSession(worker.url);
    const { webSocket, closed } = await openEngineClient(worker.url, sid);
    let pongs = 0;
    webSocket.on("pong", () => {
      pongs += 1;
    });
    for (let count = 0; count < 1000; count += 1) webSocket.ping("", true, () => {});
    await closed();
    expect(pongs).toBeLessThan(10);
  });
});

test("who joins nothing within 10 s is closed: silent, refused, or gone over to a WebSocket", async () => {
  const silent = await openEngineClient(worker.url);
  const refused = await openEngineClient(worker.url);
  refused.send('40{"user":"not one of ours!"}', "40/a,");
  const sid = await openPollingSession(worker.url);
  const upgraded = await openEngineClient(worker.url, sid);
  upgraded.send("2probe");
  await eventually(() => expect(upgraded.packets).toEqual(["3probe"]));
  upgraded.send("5");
  const polling = await openPollingSession(worker.url);

  await Promise.all([silent, refused, upgraded].map((client) => client.closed(15_000)));
  await eventually(async () => expect((await poll(worker.url, polling)).status).toBe(404));
}, 30_000);
