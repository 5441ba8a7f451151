import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "../support/otlp-collector.js";
import { PROJECT } from "../support/readme.js";
import { startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

/** What must be in no span: who it was, what was said, and with which proof. */
const PRIVATE = ["somebody-who-publishes", "said in confidence", "a-secret-of-the-query"];
const COLLECTED_WITHIN_MS = 15_000;

let collector: OtlpCollector;
let near: Shoal;
let far: Shoal;
let untraced: Shoal;

beforeAll(async () => {
  const [mongo, redis, started] = await Promise.all([startMongo(), startRedis(), startOtlpCollector()]);
  collector = started;
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=tests",
  };
  const options = { mongodbUri: mongo.uriFor(), redisUrl: redis.url };
  [near, far, untraced] = await Promise.all([
    spawnShoal({ ...options, env }),
    spawnShoal({ ...options, env }),
    spawnShoal({
      ...options,
      env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT: "500" },
    }),
  ]);
});

/** Who subscribes at an instance, and resolves with each message's body as it comes. */
async function subscriber(url: string, room: string) {
  const { socket } = await connectClient(url, { auth: { user: "reader" } });
  const bodies: unknown[] = [];
  socket.on("messages", ({ messages }: { messages: { body: unknown }[] }) => {
    bodies.push(...messages.map(({ body }) => body));
  });
  expect(await emitAck(socket, "subscribe", { room, after: 0 })).toMatchObject({ ok: true });
  return { bodies };
}

function post(room: string, body: string, traceparent: string): Promise<Response> {
  return fetch(`${near.url}/rooms/${room}/messages?note=a-secret-of-the-query`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-User-Id": "somebody-who-publishes", traceparent },
    body: JSON.stringify({ id: randomBytes(6).toString("hex"), body }),
  });
}

const spansOf = (traceId: string): CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId);

async function collected(traceId: string, names: readonly string[]): Promise<CollectedSpan[]> {
  await eventually(
    () =>
      expect(
        spansOf(traceId)
          .map(({ name }) => name)
          .sort(),
      ).toEqual([...names].sort()),
    { withinMs: COLLECTED_WITHIN_MS },
  );
  return spansOf(traceId);
}

test("a message that is posted is one trace, from the request to the clients of another instance", async () => {
  const [here, there] = await Promise.all([subscriber(near.url, "posted"), subscriber(far.url, "posted")]);
  const traceId = randomBytes(16).toString("hex");

  const { status } = await post("posted", "said in confidence", `00-${traceId}-00f067aa0ba902b7-01`);

  expect(status).toBe(200);
  await eventually(() =>
    expect([here.bodies, there.bodies]).toEqual([["said in confidence"], ["said in confidence"]]),
  );
  const spans = await collected(traceId, [
    "POST /rooms/:room/messages",
    "insert roomEntries",
    "send messages",
    "send stored",
    "process stored",
    "send messages",
  ]);
  const one = (name: string, instance: string): CollectedSpan => {
    const found = spans.filter(
      (span) => span.name === name && span.service["service.instance.id"] === `${instance}/1`,
    );
    expect({ name, count: found.length }).toEqual({ name, count: 1 });
    return found[0] as CollectedSpan;
  };
  const request = one("POST /rooms/:room/messages", near.instance);
  const commit = one("insert roomEntries", near.instance);
  const send = one("send stored", near.instance);
  const receive = one("process stored", far.instance);
  const [deliverHere, deliverThere] = [
    one("send messages", near.instance),
    one("send messages", far.instance),
  ];
  expect([request, commit, send, receive, deliverHere, deliverThere].map(({ kind }) => kind)).toEqual([
    ...["SERVER", "CLIENT", "PRODUCER", "CONSUMER", "PRODUCER", "PRODUCER"],
  ]);
  expect(request.parentId).toBe("00f067aa0ba902b7");
  expect([commit.parentId, send.parentId, deliverHere.parentId]).toEqual(Array(3).fill(request.spanId));
  expect([receive.parentId, deliverThere.parentId]).toEqual([send.spanId, receive.spanId]);
  expect(request.attributes).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/rooms/:room/messages",
    "http.response.status_code": "200",
  });
  expect(request.service).toMatchObject({ "service.name": "shoal", "deployment.environment.name": "tests" });
});

test("an event of a client is a trace of its own, and a refused one says its code", async () => {
  const { socket } = await connectClient(near.url, { auth: { user: "somebody-who-publishes" } });

  const stored = await emitAck(socket, "publish", { room: "events", messages: [{ id: "1", body: "x" }] });
  const refused = await emitAck(socket, "publish", { room: "events", messages: [] });

  expect([stored, refused]).toMatchObject([{ ok: true }, { ok: false, error: { code: "invalid" } }]);
  await eventually(
    () => {
      const events = collector.spans.filter(
        ({ name, attributes }) =>
          name === "process publish" && attributes["messaging.system"] === "socket.io",
      );
      expect(events.map(({ parentId, attributes }) => [parentId, attributes["error.type"]]).sort()).toEqual(
        [
          ["", undefined],
          ["", "invalid"],
        ].sort(),
      );
      const good = events.find(({ isError }) => !isError);
      expect(spansOf(good?.traceId ?? "").map(({ name }) => name)).toEqual(
        expect.arrayContaining(["process publish", "insert roomEntries", "send stored"]),
      );
    },
    { withinMs: COLLECTED_WITHIN_MS },
  );
});

test("messages that are stored together keep their traces apart, and the common step is linked to all", async () => {
  const traces = Array.from({ length: 40 }, () => randomBytes(16).toString("hex"));

  await Promise.all(
    traces.map((traceId, index) => post("together", `m${index}`, `00-${traceId}-00f067aa0ba902b7-01`)),
  );

  await eventually(
    () => {
      const commits = collector.spans.filter(
        ({ name, attributes }) => name === "insert roomEntries" && attributes["shoal.room"] === "together",
      );
      expect(commits.flatMap(({ traceId, links }) => [traceId, ...links]).sort()).toEqual([...traces].sort());
      for (const traceId of traces) {
        expect(spansOf(traceId).filter(({ name }) => name.startsWith("POST "))).toHaveLength(1);
      }
    },
    { withinMs: COLLECTED_WITHIN_MS },
  );
});

test("a caller that does not sample gets no spans", async () => {
  const traceId = randomBytes(16).toString("hex");
  const marker = randomBytes(16).toString("hex");

  await post("unsampled", "x", `00-${traceId}-00f067aa0ba902b7-00`);
  await post("unsampled", "y", `00-${marker}-00f067aa0ba902b7-01`);

  await collected(marker, [
    "POST /rooms/:room/messages",
    "insert roomEntries",
    "send stored",
    "process stored",
  ]);
  expect(spansOf(traceId)).toEqual([]);
});

test("a collector that is away is told of at most once a minute, and nothing else changes", async () => {
  const there = await subscriber(untraced.url, "away");

  await post("away", "still delivered", `00-${randomBytes(16).toString("hex")}-00f067aa0ba902b7-01`);
  await eventually(() => expect(there.bodies).toEqual(["still delivered"]));

  const isComplaint = ({ fields }: Shoal["logs"][number]) =>
    fields.msg === "traces are not sent as they should be";
  await untraced.waitForLog(isComplaint, { withinMs: COLLECTED_WITHIN_MS });
  const times = untraced.logs.filter(isComplaint).map(({ fields }) => Date.parse(String(fields.time)));
  expect(times.slice(1).filter((time, index) => time - (times[index] ?? 0) < 59_000)).toEqual([]);
});

test("no span says who it was, what was said or what the query held", () => {
  const all = JSON.stringify(collector.spans);

  expect(collector.spans.length).toBeGreaterThan(50);
  expect(PRIVATE.filter((secret) => all.includes(secret))).toEqual([]);
});

test("a worker that makes no traces loads nothing of OpenTelemetry but what its metrics load", () => {
  const program = `
    import { createRequire } from "node:module";
    import "./dist/engine/worker/worker.js";
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((name) => /@opentelemetry.(?!api.)/.test(name)).length,
      Object.keys(createRequire(import.meta.url).cache).length > 100);`;

  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: PROJECT });

  expect(String(printed).trim()).toBe("0 true");
});
