import { io, type Socket } from "socket.io-client";
import { createApi, createRoomClient, type GetToken, type Message } from "../../client/index.js";
import { makeKey } from "../support/api-keys.js";
import { onTestEnd } from "../support/cleanup.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { type Claims, secretKey, signToken } from "../support/tokens.js";
import { deferred, eventually, neverHappens, once } from "../support/wait.js";

const KEY = makeKey("server", { "*": ["users", "revoke"] });
const SECRET = "a secret of more than thirty-two bytes";
const nowS = (): number => Math.floor(Date.now() / 1000);

let worker: RunningWorker;

beforeAll(async () => {
  worker = await startWorker({
    mongodbUri: (await startMongo()).uriFor(),
    env: { AUTH: "jwt", AUTH_SECRET: SECRET, API_KEYS: JSON.stringify([KEY.entry]) },
  });
});

function token(lifeS: number, claims: Claims = {}): Promise<string> {
  return signToken(secretKey(SECRET), { iat: nowS() - 60, exp: nowS() + lifeS, ...claims });
}

/** As a server of the application does it. */
async function tell(path: string, body: object): Promise<void> {
  const headers = { Authorization: `Bearer ${KEY.key}`, "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  expect((await fetch(worker.url + path, init)).status).toBe(200);
}

function connect(getToken: GetToken, transports = ["websocket"]) {
  const socket: Socket = io(worker.url, { transports, forceNew: true, reconnectionDelay: 20 });
  const refused: { code: string }[] = [];
  const client = createRoomClient(socket, {
    getToken,
    onRefused: (refusal) => refused.push(refusal),
    pause: () => new Promise((resume) => setTimeout(resume, 20)),
  });
  onTestEnd(() => void socket.disconnect());
  onTestEnd(client.close);
  return { socket, client, refused };
}

describe("a client with getToken", () => {
  test("renews its token in place, time and again", async () => {
    let asked = 0;
    const getToken = (): Promise<string> => {
      asked += 1;
      return token(9); // is told within a second that it expires
    };
    const { socket, client } = connect(getToken);
    await once(socket, "connect");
    const { id } = socket;
    const room = client.room("renewed");
    const first = nowS();

    const outlived = eventually(() => expect(nowS() - first).toBeGreaterThan(10), { withinMs: 30_000 });
    await neverHappens(socket, "disconnect", outlived);
    expect(socket.id).toBe(id);
    expect(asked).toBeGreaterThan(2);
    await expect(room.publish("still here")).resolves.toMatchObject({ seq: 1 });
  });

  test("goes on with a fresh token where one has expired, and loses, repeats and reorders nothing", async () => {
    let closings = 0;
    const { socket, client } = connect(() => token(3)); // is not told: too little is left
    socket.on("closing", () => {
      closings += 1;
    });
    const got: Message[] = [];
    const room = client.room("expired", { onMessage: (message) => got.push(message), start: { after: 0 } });

    const sent: Promise<{ seq: number }>[] = [];
    while (closings < 2 || sent.length < 200) {
      sent.push(room.publish(sent.length));
      await new Promise((resume) => setTimeout(resume, 20));
    }
    const seqs = (await Promise.all(sent)).map(({ seq }) => seq);
    await eventually(() => expect(got).toHaveLength(sent.length));
    expect(got.map(({ body }) => body)).toEqual(sent.map((_, index) => index));
    expect(got.map(({ seq }) => seq)).toEqual(seqs);
    expect(new Set(got.map(({ from }) => from))).toEqual(new Set(["ann"]));
  });

  test.each([["websocket"], ["polling"]])(
    "asks for another token when the first is refused, over %s",
    async (transport) => {
      const asked: boolean[] = [];
      const getToken: GetToken = (isRefused) => {
        asked.push(isRefused);
        return token(isRefused ? 60 : -30);
      };
      const { socket, refused } = connect(getToken, [transport]);

      await once(socket, "connect");
      expect(asked).toEqual([false, true]);
      expect(refused).toEqual([]);
    },
  );

  test("gives up when a second token is refused as bad, and says so once", async () => {
    let asked = 0;
    const { socket, refused } = connect(() => {
      asked += 1;
      return "bad";
    });

    await eventually(() =>
      expect(refused).toEqual([{ code: "unauthenticated", message: expect.any(String) }]),
    );
    expect(asked).toBe(2);
    expect(socket.active).toBe(false);
  });

  test("comes in by itself with a token that is from the future, as where a clock is wrong", async () => {
    const early = await token(60, { iat: nowS() + 7 });
    const asked: boolean[] = [];
    const { socket, refused } = connect((isRefused) => {
      asked.push(isRefused);
      return early;
    });

    await once(socket, "connect");

    expect(asked.length).toBeGreaterThan(1);
    expect(asked).not.toContain(true);
    expect(refused).toEqual([]);
  });

  test("asks for a fresh token when its own was revoked, and comes in with one that was issued since", async () => {
    const asked: boolean[] = [];
    const { socket, refused } = connect((isRefused) => {
      asked.push(isRefused);
      return token(60, { sub: "eva", iat: nowS() - (isRefused ? 0 : 60) });
    });
    await once(socket, "connect");

    const closed = once(socket, "closing");
    await tell("/v1/revocations", { targets: ["user:eva"], issuedBefore: nowS() - 30 });
    expect(await closed).toEqual([{ code: "token_revoked" }]);
    await once(socket, "connect");
    expect(asked).toEqual([false, true]);
    expect(refused).toEqual([]);
  });

  test("says that it was revoked when the fresh token is, too, and asks no more", async () => {
    const asked: boolean[] = [];
    const { socket, refused } = connect((isRefused) => {
      asked.push(isRefused);
      return token(60, { sub: "fay" });
    });
    await once(socket, "connect");

    await tell("/v1/revocations", { targets: ["user:fay"] });
    await eventually(() => expect(refused).toEqual([{ code: "token_revoked", message: expect.any(String) }]));
    expect(asked).toEqual([false, true, true]);
    expect(socket.active).toBe(false);
  });

  test("is told when a server of the application has removed it, and stays away", async () => {
    const { socket, refused } = connect(() => token(60, { sub: "gil" }));
    await once(socket, "connect");

    await tell("/v1/users/gil/disconnect", { reconnect: false });
    await eventually(() => expect(refused).toEqual([{ code: "removed", message: expect.any(String) }]));
    await eventually(() => expect(socket.active).toBe(false));
  });

  test("asks again when there is no token now", async () => {
    let asked = 0;
    const { socket } = connect(() => {
      asked += 1;
      if (asked === 1) throw new Error("away");
      return asked === 2 ? Promise.reject(new Error("away")) : token(60);
    });

    await once(socket, "connect");
    expect(asked).toBe(3);
  });

  test("asks again when a renewal is refused, and stays who it is meanwhile", async () => {
    const tokens = [token(9), "bad", token(60)];
    const { socket, client } = connect(() => tokens.shift() ?? token(60));
    await once(socket, "connect");

    await neverHappens(
      socket,
      "disconnect",
      eventually(() => expect(tokens).toEqual([])),
    );
    await expect(client.room("kept").publish(1)).resolves.toMatchObject({ seq: expect.any(Number) });
  });
});

describe("a client of routes with getToken", () => {
  const call = (getToken: (isRefused: boolean) => string | Promise<string>, bounds = {}) =>
    createApi({ url: worker.url, getToken, ...bounds }).post("/rooms/:room/messages", {
      params: { room: "routes" },
      body: { id: "1", body: "hello" },
    });

  test("speaks with its token", async () => {
    await expect(call(() => token(60))).resolves.toMatchObject({ room: "routes", id: "1" });
  });

  test("asks for another one when it is refused, once", async () => {
    const asked: boolean[] = [];

    await expect(
      call((isRefused) => {
        asked.push(isRefused);
        return token(isRefused ? 60 : -30);
      }),
    ).resolves.toMatchObject({ id: "1" });
    await expect(call(() => "bad")).rejects.toMatchObject({ code: "unauthenticated", temporary: false });
    expect(asked).toEqual([false, true]);
  });

  test("says that there is none, or that there was none in time", async () => {
    const away = new Error("away");

    await expect(call(() => Promise.reject(away))).rejects.toMatchObject({ code: "no_token", cause: away });
    const never = deferred<string>();
    await expect(call(() => never.promise, { timeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
  });
});
