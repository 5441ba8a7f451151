import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "socket.io-client";
import {
  type Api,
  ApiError,
  type ApiOptions,
  type ClientToServerEvents,
  createApi,
  type ServerToClientEvents,
} from "../../client/index.js";
import { freePort } from "../../tools/shared/ports.js";
import { onEnd } from "../support/cleanup.js";
import { connectClient } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { deferred, eventually } from "../support/wait.js";

let mongo: MongoServer;
let worker: RunningWorker;
let api: Api;

beforeAll(async () => {
  mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env: { BODY_LIMIT_BYTES: "2000" } });
  api = createApi({ url: `${worker.url}/`, user: "ann" });
});

/** What a call rejects with. */
async function errorOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error("There is no ApiError", { cause: error });
  return error;
}

/** A server that is not Shoal, and a client for it. */
async function foreign(
  answer: Parameters<typeof createServer>[1],
  options: Partial<ApiOptions> = {},
): Promise<Api> {
  const server = createServer(answer as never);
  onEnd(() => void server.closeAllConnections());
  onEnd(() => void server.close());
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return createApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...options });
}

test("every route of the public port is called, and gives its reply", async () => {
  const params = { room: "a:b@c" };
  const called: string[] = [];
  const tapped = createApi({
    url: worker.url,
    user: "ann",
    fetch(request) {
      called.push(`${request.method.toLowerCase()} ${decodeURIComponent(new URL(request.url).pathname)}`);
      return fetch(request);
    },
  });

  expect(await tapped.get("/hello")).toEqual({ message: "Hello from Shoal" });
  expect(await tapped.post("/hello", { body: { name: "Zoë" } })).toEqual({ message: "Hello, Zoë" });
  expect(await tapped.get("/health")).toMatchObject({ status: "ok", worker: 1 });
  expect(await tapped.get("/asyncapi.json")).toMatchObject({ asyncapi: "3.0.0" });
  const sent = await tapped.post("/rooms/:room/messages", { params, body: { id: "1", body: { a: [1] } } });
  expect(sent).toEqual({ ...params, seq: 1, id: "1" });
  await tapped.post("/rooms/:room/messages", { params, body: { id: "2", body: "two" } });
  const onwards = await tapped.get("/rooms/:room/messages", { params, query: { after: 1, limit: 5 } });
  expect(onwards).toMatchObject({ after: 1, to: 2, live: true, messages: [{ seq: 2, from: "ann" }] });
  const backwards = await tapped.get("/rooms/:room/messages", { params, query: { before: 2 } });
  expect(backwards).toMatchObject({ more: false, messages: [{ seq: 1, body: { a: [1] } }] });
  const reset = await tapped.get("/rooms/:room/messages", { params, query: { epoch: "gone", after: 9 } });
  expect(reset).toMatchObject({ reset: true, floor: 0 });
  const cursor = await tapped.put("/rooms/:room/read", { params, body: { upTo: 1 } });
  expect(cursor).toMatchObject({ ...params, read: 1 });
  const mine = await tapped.get("/me/rooms", { query: { limit: 5 } });
  expect(mine.rooms).toMatchObject([{ ...params, head: 2, read: 1, unread: 1 }]);
  expect(await tapped.delete("/rooms/:room/read", { params })).toEqual(params);

  const document = (await tapped.get("/openapi.json")) as { paths: Record<string, Record<string, object>> };
  const offered = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      // Streams are read, not called.
      .filter(
        ([, operation]) => !("security" in operation || JSON.stringify(operation).includes("event-stream")),
      )
      .map(([method]) => `${method} ${path.replace("{room}", params.room)}`),
  );
  expect([...new Set(called)].sort()).toEqual(offered.sort());
});

test("what the server refuses is thrown as it says it", async () => {
  const params = { room: "kitchen" };
  const refused = { temporary: false, retryAfterMs: undefined, message: expect.stringMatching(/./) };

  expect(await errorOf(api.post("/hello", { body: { name: " " } }))).toMatchObject({
    ...refused,
    code: "invalid",
    message: expect.stringContaining("name"),
  });
  expect(await errorOf(api.get("/rooms/:room/messages", { params, query: { limit: 0 } }))).toMatchObject({
    ...refused,
    code: "invalid",
  });
  expect(await errorOf(api.post("/hello", { body: { name: "x".repeat(3000) } }))).toMatchObject({
    ...refused,
    code: "too_large",
  });
  const nobody = createApi({ url: worker.url });
  expect((await errorOf(nobody.get("/rooms/:room/messages", { params }))).temporary).toBe(false);
  const elsewhere = createApi({ url: `${worker.url}/elsewhere` });
  expect(await errorOf(elsewhere.get("/hello"))).toMatchObject({ ...refused, code: "not_found" });
});

test("what cannot be a request is refused before anything is sent", async () => {
  let sent = 0;
  const fetch = async () => {
    sent++;
    return new Response("{}");
  };
  const careful = createApi({ url: worker.url, user: "ann", fetch });
  const get = (room: string) => careful.get("/rooms/:room/messages", { params: { room } });
  const circular: Record<string, never> = {};
  Object.assign(circular, { circular });
  const calls = [
    ...["", ".", ".."].map(get),
    careful.post("/rooms/:room/messages", { params: { room: "a" }, body: { id: "1", body: circular } }),
    createApi({ url: worker.url, user: "a\nb", fetch }).get("/hello"),
    createApi({ url: "nowhere", fetch }).get("/hello"),
  ];

  for (const call of calls) expect(await errorOf(call)).toMatchObject({ code: "invalid", temporary: false });
  expect(sent).toBe(0);
  // A slash stays within its segment.
  await get("a/../../hello");
  expect(sent).toBe(1);
});

test("without MongoDB a call fails for now, and health is told all the same", async () => {
  const own = await startMongo();
  const { url } = await startWorker({ mongodbUri: own.uriFor() });
  const mine = createApi({ url, user: "ann" });
  await own.kill();
  await eventually(async () => expect(await mine.get("/health")).toMatchObject({ status: "unavailable" }), {
    withinMs: 15_000,
  });

  const error = await errorOf(
    mine.post("/rooms/:room/messages", { params: { room: "kitchen" }, body: { id: "1", body: "hi" } }),
  );

  expect(error).toMatchObject({ name: "ApiError", code: "temporary", temporary: true, retryAfterMs: 1000 });
  expect(await mine.get("/hello")).toEqual({ message: "Hello from Shoal" });
});

test("what is no answer of the server is no reply, and says whether to ask again", async () => {
  const page = (status: number, headers = {}) =>
    foreign((_, response) => response.writeHead(status, headers).end("<h1>Sorry</h1>"));

  for (const [status, temporary] of [
    ...[[200, false] as const, [404, false] as const, [500, false] as const],
    ...[[429, true] as const, [502, true] as const, [503, true] as const],
  ]) {
    const error = await errorOf((await page(status)).get("/hello"));
    expect([status, error.code, error.temporary]).toEqual([status, "bad_reply", temporary]);
  }
  expect((await errorOf((await page(503, { "Retry-After": "7" })).get("/health"))).retryAfterMs).toBe(7000);
  const json = await foreign((_, response) => response.writeHead(503).end('{"status": "ok"}'));
  expect((await errorOf(json.get("/hello"))).code).toBe("bad_reply");
  for (const body of [
    '{"error": {"code": 503, "message": "upstream"}}', // as gateways write it
    '{"error": {"code": "ServiceUnavailable", "message": "upstream"}}',
    '{"error": "upstream", "code": "internal"}',
  ]) {
    const gateway = await foreign((_, response) => response.writeHead(503).end(body));
    expect(await errorOf(gateway.get("/hello"))).toMatchObject({ code: "bad_reply", temporary: true });
  }
});

test("a server that is away, breaks off, or sends elsewhere was not reached", async () => {
  const away = createApi({ url: `http://127.0.0.1:${await freePort()}` });
  const broken = await foreign((_, response) => {
    response.writeHead(200, { "Content-Length": 100 }).write('{"message":');
    setImmediate(() => response.destroy());
  });
  let followed = 0;
  const other = await foreign((request, response) => {
    if (request.url === "/other") followed++;
    response.writeHead(307, { Location: "/other" }).end();
  });

  for (const one of [away, broken, other]) {
    const error = await errorOf(one.post("/hello", { body: { name: "Ann" } }));
    expect(error).toMatchObject({ code: "unreachable", temporary: true, cause: expect.anything() });
  }
  expect(followed).toBe(0);
});

test("neither a slow nor a large reply is waited for without end, and the connection is closed", async () => {
  const gone = [deferred(), deferred()];
  let isAsked = false;
  const slow = await foreign(
    (_, response) => {
      isAsked = true;
      response.writeHead(200).write("{");
      response.on("close", () => gone[0]?.resolve());
    },
    { timeoutMs: 200 },
  );
  const endless = await foreign(
    (_, response) => {
      // Through the event loop: a connection that has gone may fail each write at once.
      const more = (): void => {
        if (!response.destroyed) response.write("x".repeat(4096), (error) => error ?? setImmediate(more));
      };
      more();
      response.on("close", () => gone[1]?.resolve());
    },
    { maxReplyBytes: 10_000 },
  );

  // On a slow machine the time may be over before the server hears of the call.
  while (!isAsked)
    expect(await errorOf(slow.get("/hello"))).toMatchObject({ code: "timeout", temporary: true });
  expect(await errorOf(endless.get("/hello"))).toMatchObject({ code: "reply_too_large", temporary: false });
  await Promise.all(gone.map(({ promise }) => promise));
});

test("the caller's signal ends a call with its own reason", async () => {
  const control = new AbortController();
  const arrived = deferred();
  const silent = await foreign(() => arrived.resolve());
  const call = silent.get("/hello", { signal: control.signal });
  await arrived.promise;
  const reason = new Error("enough");
  control.abort(reason);

  await expect(call).rejects.toBe(reason);
  await expect(silent.get("/hello", { signal: control.signal })).rejects.toBe(reason);
  await expect(api.get("/hello", { signal: new AbortController().signal })).resolves.toBeDefined();
});

test("a stock socket with the types joins, sends and is told of refusals", async () => {
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const typed: Socket<ServerToClientEvents, ClientToServerEvents> = socket;
  const room = { room: "kitchen" };
  const seen = deferred<{ joined: readonly string[] }>();
  typed.on("presence", seen.resolve);

  expect(await typed.emitWithAck("join", room)).toEqual({ ok: true, ...room });
  expect(await typed.emitWithAck("presence", { ...room, watch: true })).toMatchObject({
    ok: true,
    users: [],
  });
  const stored = await typed.emitWithAck("publish", { ...room, messages: [{ id: "1", body: "hi" }] });
  expect(stored).toMatchObject({ ok: true, seqs: [expect.any(Number)] });
  const page = await typed.emitWithAck("subscribe", { ...room, after: 0 });
  expect(page.ok && "messages" in page && page.messages.map(({ body }) => body)).toEqual(["hi"]);
  expect((await seen.promise).joined).toEqual(["ann"]);

  const refused = await typed.emitWithAck("message", { room: "elsewhere", body: "hi" });
  expect(refused).toMatchObject({ ok: false, error: { code: "not_in_room", temporary: false } });
});
