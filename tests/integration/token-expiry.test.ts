import type { Socket } from "socket.io-client";
import { connectClient, emitAck } from "../support/connect-client.js";
import { openPollingSession, postPackets } from "../support/engine-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { type Claims, secretKey, signToken } from "../support/tokens.js";
import { eventually, neverHappens, once } from "../support/wait.js";

const SECRET = "a secret of more than thirty-two bytes";
const TRANSPORTS = [["websocket"], ["polling"]];
const nowS = (): number => Math.floor(Date.now() / 1000);

let worker: RunningWorker;

beforeAll(async () => {
  worker = await startWorker({
    mongodbUri: (await startMongo()).uriFor(),
    env: { AUTH: "jwt", AUTH_SECRET: SECRET },
  });
});

function token(lifeS: number, claims: Claims = {}): Promise<string> {
  return signToken(secretKey(SECRET), { exp: nowS() + lifeS, ...claims });
}

async function connect(first: string, transports = ["websocket"], options = {}): Promise<Socket> {
  const { socket } = await connectClient(worker.url, { auth: { token: first }, transports, ...options });
  return socket;
}

const authenticate = (socket: Socket, next: string) =>
  emitAck<{ ok: boolean; expiresAt?: string; error?: { code: string } }>(socket, "authenticate", {
    token: next,
  });

const publish = (socket: Socket, id: string) =>
  emitAck(socket, "publish", { room: "lobby", messages: [{ id, body: 1 }] });

describe("a connection whose token expires", () => {
  test.each(TRANSPORTS)(
    "is told why and closed, and its client comes again by itself, over %s",
    async (...transports) => {
      let connects = 0;
      const { socket } = await connectClient(worker.url, {
        auth: (give: (auth: object) => void) => {
          connects += 1;
          void token(connects === 1 ? 3 : 60).then((next) => give({ token: next }));
        },
        ...{ transports, reconnection: true, reconnectionDelay: 10 },
      });
      const again = once(socket, "connect", 15_000);

      const [reason] = await neverHappens(socket, "auth_expiring", once<[string]>(socket, "closing", 10_000));
      expect(reason).toEqual({ code: "token_expired" });
      await again;
      expect(connects).toBe(2);
      await expect(publish(socket, transports.join())).resolves.toMatchObject({ ok: true });
    },
  );

  test("is over within seconds also if its client polls, and does not ask for what waits for it", async () => {
    const sid = await openPollingSession(worker.url);
    await postPackets(worker.url, sid, [`40${JSON.stringify({ token: await token(2) })}`]);
    const isThere = async () => (await postPackets(worker.url, sid, ["3"])).status;
    await expect(isThere()).resolves.toBe(200);

    await eventually(async () => expect(await isThere()).toBe(404), { withinMs: 15_000, everyMs: 200 });
  });

  test("is told once of it, 30 s before, with the time at which it is closed", async () => {
    const exp = nowS() + 20;
    const socket = await connect(await token(0, { exp }));

    const [notice] = await once(socket, "auth_expiring");
    expect(notice).toEqual({ expiresAt: new Date(exp * 1000).toISOString() });
    const next = await token(3);
    const told = once(socket, "closing", 10_000);
    await neverHappens(
      socket,
      "auth_expiring",
      authenticate(socket, next).then(() => told),
    );
  });

  test("with more than 30 s left is not told", async () => {
    const socket = await connect(await token(60));
    const other = await connect(await token(20));

    await neverHappens(socket, "auth_expiring", once(other, "auth_expiring"));
  });
});

describe("authenticate", () => {
  test.each(TRANSPORTS)("replaces the token in place, over %s", async (...transports) => {
    const socket = await connect(await token(4), transports);
    const { id } = socket;
    const exp = nowS() + 60;

    const answer = await authenticate(socket, await token(0, { exp }));
    expect(answer).toEqual({ ok: true, expiresAt: new Date(exp * 1000).toISOString() });
    const short = await connect(await token(5), transports);
    await neverHappens(socket, "closing", once(short, "closing", 15_000)); // later than the first token's end
    expect(socket.id).toBe(id);
    await expect(publish(socket, `renewed-${transports}`)).resolves.toMatchObject({ ok: true });
  });

  test("with less leaves less", async () => {
    const socket = await connect(await token(60));
    await expect(publish(socket, "more")).resolves.toMatchObject({ ok: true });

    await authenticate(socket, await token(60, { caps: { "*": ["read"] } }));
    await expect(publish(socket, "less")).resolves.toMatchObject({ ok: false, error: { code: "forbidden" } });
  });

  test("with a bad token is refused, and the connection keeps who it is until its own token expires", async () => {
    const socket = await connect(await token(5));
    const bad: [string, string][] = [
      [await token(-60), "token_expired"],
      ["x", "unauthenticated"],
      [await signToken(secretKey(`${SECRET}, another`)), "unauthenticated"],
      [await token(60, { caps: [] }), "unauthenticated"],
    ];
    for (const [one, code] of bad)
      await expect(authenticate(socket, one)).resolves.toMatchObject({ ok: false, error: { code } });

    await expect(publish(socket, "kept")).resolves.toMatchObject({ ok: true });
    const { messages } = await emitAck<{ messages: { from: string }[] }>(socket, "subscribe", {
      room: "lobby",
    });
    expect(messages.at(-1)?.from).toBe("ann");
    const [reason] = await once(socket, "closing", 10_000);
    expect(reason).toEqual({ code: "token_expired" });
  });

  test("with a token of another user ends the connection", async () => {
    const socket = await connect(await token(60));
    const gone = once(socket, "disconnect");
    const told = once(socket, "closing");

    await expect(authenticate(socket, await token(60, { sub: "bob" }))).resolves.toMatchObject({
      ok: false,
      error: { code: "unauthenticated" },
    });
    expect((await told)[0]).toEqual({ code: "user_changed" });
    expect((await gone)[0]).toBe("transport close");
  });

  test("of which several are under way counts the last", async () => {
    const socket = await connect(await token(60));
    const ends = [70, 80, 90].map((lifeS) => nowS() + lifeS);

    const tokens = await Promise.all(ends.map((exp) => token(0, { exp })));
    const answers = await Promise.all(tokens.map((one) => authenticate(socket, one)));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    const last = new Date((ends[2] ?? 0) * 1000).toISOString();
    expect(answers[2]?.expiresAt).toBe(last);
  });

  test.each([[{}], [{ token: 1 }], [{ token: "" }], [{ token: "x", user: "root" }], [null]])(
    "with %j is no such event",
    async (payload) => {
      const socket = await connect(await token(60));

      await expect(emitAck(socket, "authenticate", payload)).resolves.toMatchObject({
        error: { code: "invalid" },
      });
    },
  );
});

test("with AUTH=none there is no token to replace", async () => {
  const open = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
  const { socket } = await connectClient(open.url, { auth: { user: "ann" } });

  await expect(authenticate(socket, "x")).resolves.toMatchObject({ error: { code: "invalid" } });
  await eventually(() => expect(socket.connected).toBe(true));
});
