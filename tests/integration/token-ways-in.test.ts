import { io, type Socket } from "socket.io-client";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { type Claims, secretKey, signToken } from "../support/tokens.js";
import { once } from "../support/wait.js";

const SECRET = "a secret of more than thirty-two bytes";
const KEY = secretKey(SECRET);
const TRANSPORTS = [["websocket"], ["polling"]];
const nowS = (): number => Math.floor(Date.now() / 1000);

let mongo: MongoServer;
let worker: RunningWorker;

beforeAll(async () => {
  mongo = await startMongo();
  worker = await start({ AUTH_SECRET: SECRET });
});

function start(env: Record<string, string>): Promise<RunningWorker> {
  return startWorker({ mongodbUri: mongo.uriFor(), env: { AUTH: "jwt", AUTH_AUDIENCE: "shoal", ...env } });
}

function token(claims: Claims = {}, key = KEY): Promise<string> {
  return signToken(key, { aud: "shoal", ...claims });
}

interface Told {
  readonly code: string;
  readonly temporary: boolean;
}

/** How a handshake with this `auth` is refused. */
async function refusal(auth: object, transports: string[], query = {}): Promise<Told> {
  const socket = io(worker.url, { auth, transports, query, forceNew: true, reconnection: false });
  onTestEnd(() => void socket.disconnect());
  const [error] = await once<[Error & { data: Told }]>(socket, "connect_error");
  expect(error.message).toBe(error.data.code === "token_expired" ? EXPIRED : "A valid token is needed");
  return { code: error.data.code, temporary: error.data.temporary };
}

const EXPIRED = "The token has expired; get another one";

async function publish(headers: Record<string, string>, query = ""): Promise<[number, string]> {
  const response = await fetch(`${worker.url}/rooms/lobby/messages${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ id: "m", body: "hello" }),
  });
  const { error } = (await response.json()) as { error?: Told };
  return [response.status, error?.code ?? "none"];
}

describe("with AUTH=jwt", () => {
  test.each(TRANSPORTS)("who has a token comes in as its user, over %s", async (...transports) => {
    const auth = { token: await token({ sub: "auth0|ann" }), user: "root" };
    const { socket } = await connectClient(worker.url, { auth, transports });

    await emitAck(socket, "publish", { room: "who", messages: [{ id: transports.join(), body: 1 }] });
    const page = await emitAck<{ messages: { from: string }[] }>(socket, "subscribe", { room: "who" });
    expect(new Set(page.messages.map(({ from }) => from))).toEqual(new Set(["auth0|ann"]));
  });

  test.each(TRANSPORTS)(
    "who has none, or a bad one, is told so before it is let in, over %s",
    async (...transports) => {
      const other = secretKey(`${SECRET}, another`);
      const bad = [
        {},
        { user: "ann" },
        { token: "" },
        { token: ["x"] },
        { token: null },
        { token: await token({ aud: "other" }) },
        { token: await token({ exp: String(nowS() + 60) }) },
        { token: await token({ sub: "a/b" }) },
        { token: await token({ sub: undefined }) },
        { token: await token({ caps: { "chat:*": "read" } }) },
        { token: await token({}, other) },
      ];
      for (const auth of bad)
        await expect(refusal(auth, transports)).resolves.toEqual({
          code: "unauthenticated",
          temporary: false,
        });
      const expired = { token: await token({ iat: nowS() - 120, exp: nowS() - 60 }) };
      await expect(refusal(expired, transports)).resolves.toEqual({
        code: "token_expired",
        temporary: false,
      });
    },
  );

  test.each(TRANSPORTS)("a token in the query is not taken, over %s", async (...transports) => {
    const query = { token: await token(), access_token: await token() };

    await expect(refusal({}, transports, query)).resolves.toMatchObject({ code: "unauthenticated" });
  });

  test("requests are let in by Authorization: Bearer, and by nothing else", async () => {
    const good = await token();
    const expired = await token({ iat: nowS() - 120, exp: nowS() - 60 });

    await expect(publish({ Authorization: `Bearer ${good}` })).resolves.toEqual([200, "none"]);
    for (const headers of [
      {},
      { "X-User-Id": "ann" },
      { Authorization: good },
      { Authorization: `Basic ${good}` },
      { Authorization: "Bearer" },
      { Authorization: `Bearer ${good} ${good}` },
      { Authorization: `Bearer ${good}x` },
      { Cookie: `token=${good}` },
    ])
      await expect(publish(headers as Record<string, string>)).resolves.toEqual([401, "unauthenticated"]);
    await expect(publish({}, `?access_token=${good}`)).resolves.toEqual([401, "unauthenticated"]);
    await expect(publish({ Authorization: `Bearer ${expired}` })).resolves.toEqual([401, "token_expired"]);
  });

  test("what is open to anyone needs no token", async () => {
    expect((await fetch(`${worker.url}/hello`)).status).toBe(200);
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
  });

  test("capabilities come from the claim `caps`", async () => {
    const auth = { token: await token({ caps: { "own:${sub}": ["publish"] } }) };
    const { socket } = await connectClient(worker.url, { auth });
    const send = (room: string) => emitAck(socket, "publish", { room, messages: [{ id: "1", body: 1 }] });

    await expect(send("own:ann")).resolves.toMatchObject({ ok: true });
    await expect(send("own:bob")).resolves.toMatchObject({ ok: false, error: { code: "forbidden" } });
  });

  test("the log says why a token was refused, and no log line has anything of a token", async () => {
    const secret = await token({ aud: "other" });
    await publish({ Authorization: `Bearer ${secret}` }, `?access_token=${secret}`);

    const line = await worker.waitForLog(logged("token refused", { code: "unauthenticated" }));
    expect(line.fields.level).toBe("debug");
    expect(line.fields.reason).toMatch(/aud|token/);
    await expect(publish({ "X-Request-Id": "last" })).resolves.toEqual([401, "unauthenticated"]);
    await worker.waitForLog(logged("request", { requestId: "last" }));
    const [, claims = "", signature = ""] = secret.split(".");
    const all = worker.logs.map(({ text }) => text).join("\n");
    expect(all).not.toContain(claims);
    expect(all).not.toContain(signature);
    expect(all).not.toContain(SECRET);
  });

  test("tokens are counted by what became of them", async () => {
    await publish({});

    const metrics = await worker.metrics();
    expect(metrics).toMatch(/realtime_tokens_total\{result="accepted",worker="1"\} [1-9]/);
    expect(metrics).toMatch(/realtime_tokens_total\{result="refused",worker="1"\} [1-9]/);
  });
});

describe("with a key server that was never there", () => {
  let lonely: RunningWorker;

  beforeAll(async () => {
    const AUTH_JWKS_URL = `http://127.0.0.1:${await freePort()}/jwks`;
    lonely = await start({ AUTH_JWKS_URL, AUTH_ISSUER: "*", AUTH_ALGORITHMS: "ES256" });
  });

  function connect(transports: string[], auth: object): Socket {
    const socket = io(lonely.url, { auth, transports, forceNew: true, reconnectionDelay: 50 });
    onTestEnd(() => void socket.disconnect());
    return socket;
  }

  test.each(TRANSPORTS)("a client is closed and comes again by itself, over %s", async (...transports) => {
    const header = Buffer.from('{"alg":"ES256","kid":"a"}').toString("base64url");
    const socket = connect(transports, { token: `${header}.e30.AAAA` });
    const refused: unknown[] = [];
    socket.on("connect_error", (error) => refused.push(error));
    let opened = 0;
    socket.io.on("open", () => {
      opened += 1;
    });

    await once(socket.io as never, "reconnect", 10_000);
    expect(opened).toBeGreaterThanOrEqual(2);
    expect(refused).toEqual([]);
    expect(socket.active).toBe(true);
    expect(await lonely.metrics()).toMatch(/realtime_tokens_total\{result="undecided",worker="1"\} [1-9]/);
  });

  test("a request is answered with 503 and Retry-After", async () => {
    const header = Buffer.from('{"alg":"ES256","kid":"a"}').toString("base64url");
    const response = await fetch(`${lonely.url}/rooms/lobby/messages`, {
      headers: { Authorization: `Bearer ${header}.e30.AAAA` },
    });

    expect(response.status).toBe(503);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
    await expect(response.json()).resolves.toMatchObject({ error: { code: "temporary", temporary: true } });
    // Anybody can bring that about, as often as he likes.
    const requestId = response.headers.get("X-Request-Id");
    const line = await lonely.waitForLog(logged("request failed", { requestId }));
    expect(line.fields.level).toBe("debug");
  });

  test("operators are told that there are no keys", async () => {
    const report = await (await fetch(`${lonely.url}/health`)).json();

    expect(report).toMatchObject({ status: "degraded", tokenKeys: "stale", revocations: "fresh" });
    expect(await lonely.metrics()).toMatch(/realtime_key_set_age_seconds\{worker="1"\} \+Inf/);
  });

  test("who has no token at all is told so", async () => {
    const socket = connect(["websocket"], {});

    const [error] = await once<[Error & { data: Told }]>(socket, "connect_error");
    expect(error.data.code).toBe("unauthenticated");
  });
});
