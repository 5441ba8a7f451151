import { createApi, type GetToken } from "../../client/index.js";
import { makeKey } from "../support/api-keys.js";
import { becomes, startClient } from "../support/kit-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { type Claims, secretKey, signToken } from "../support/tokens.js";
import { eventually, neverHappens, once } from "../support/wait.js";

const SECRET = "a secret of more than thirty-two bytes";
const KEY = makeKey("server", { "*": ["users"] });
let open: RunningWorker;
let guarded: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  open = await startWorker({ mongodbUri: mongo.uriFor() });
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET, API_KEYS: JSON.stringify([KEY.entry]) };
  guarded = await startWorker({ mongodbUri: mongo.uriFor("guarded"), env });
});

const token = (claims: Claims = {}) => signToken(secretKey(SECRET), claims);
const proxyOf = ({ url }: RunningWorker) =>
  startTcpProxy({ target: { host: "127.0.0.1", port: Number(new URL(url).port) } });

describe("the status of a client", () => {
  test("goes from connecting over catching up to live, for the client and for its room", async () => {
    const { client, statuses } = startClient(open.url);
    const room = client.room("status", { onMessage() {} });
    const ofRoom: string[] = [room.status()];
    room.onStatus((status) => ofRoom.push(status));

    await becomes(client, "live");

    expect(statuses).toEqual(["connecting", "catching-up", "live"]);
    expect(ofRoom).toEqual(["connecting", "catching-up", "live"]);
  });

  test("is live without a room, and where a room is only published to", async () => {
    const { client } = startClient(open.url);
    await becomes(client, "live");

    expect(client.room("written").status()).toBe("live");
    expect(client.status()).toBe("live");
  });

  test("stays connecting without autoConnect until it is told to connect", async () => {
    const { client } = startClient(open.url, { socketOptions: { autoConnect: false } });
    expect(client.socket.active).toBe(false);

    client.connect();

    await becomes(client, "live");
  });

  test("is offline while the server is away, and live again when it is back", async () => {
    const proxy = await proxyOf(open);
    const { client, statuses } = startClient(`http://${proxy.host}:${proxy.port}`);
    client.room("away", { onMessage() {} });
    await becomes(client, "live");

    proxy.set("reset");
    await becomes(client, "offline");
    proxy.set("pass");
    await becomes(client, "live");

    expect(statuses).toEqual([
      "connecting",
      "catching-up",
      "live",
      "connecting",
      "offline",
      "catching-up",
      "live",
    ]);
  });

  test("is offline once it is closed, and publishes nothing more", async () => {
    const { client } = startClient(open.url);
    const room = client.room("closed");
    await becomes(client, "live");

    await client.close();

    expect(client.status()).toBe("offline");
    await expect(room.publish("late")).rejects.toMatchObject({ code: "closed" });
  });

  test("is told to a listener until that has ended", async () => {
    const { client } = startClient(open.url);
    const told: string[] = [];
    const stop = client.onStatus(() => told.push("stopped"));
    client.onStatus((status) => told.push(status));
    stop();

    await becomes(client, "live");

    expect(told).toEqual(["live"]);
  });
});

describe("a client that wakes", () => {
  test("finds out at once that nobody is at the other end any more", async () => {
    const proxy = await proxyOf(open);
    const { client } = startClient(`http://${proxy.host}:${proxy.port}`, { checkMs: 100 });
    await becomes(client, "live");
    proxy.set("blackhole");
    const { id } = client.socket;

    client.wake();
    await becomes(client, "connecting");
    proxy.set("pass");
    await becomes(client, "live");

    expect(client.socket.id).not.toBe(id);
  });

  test("stays connected when somebody is", async () => {
    const { client, events } = startClient(open.url, { checkMs: 5000 });
    await becomes(client, "live");

    client.wake();

    await neverHappens(events, "disconnect", client.room("awake").publish("here"));
  });

  test("does not wait for the next attempt when it is not connected", async () => {
    const proxy = await proxyOf(open);
    proxy.set("reset");
    const socketOptions = {
      transports: ["websocket"],
      reconnectionDelay: 600_000,
      reconnectionDelayMax: 600_000,
    };
    const { client } = startClient(`http://${proxy.host}:${proxy.port}`, { socketOptions });
    await becomes(client, "offline");
    proxy.set("pass");

    await eventually(() => {
      client.wake();
      expect(client.status()).toBe("live");
    });
  });
});

describe("a client with a token", () => {
  test("is signed in, calls routes as the same user, and learns who he is", async () => {
    const { client } = startClient(guarded.url, { getToken: () => token() });
    const room = client.room("signed");

    await expect(room.publish("hello")).resolves.toMatchObject({ seq: 1 });
    const page = await client.api.get("/rooms/:room/messages", { params: { room: "signed" } });

    expect(page).toMatchObject({ messages: [{ from: "ann", body: "hello" }] });
  });

  test("says that it is unauthorized, and why, and comes when the application asks it to", async () => {
    let given = "bad";
    const { client, statuses } = startClient(guarded.url, { getToken: () => given });
    await becomes(client, "unauthorized");
    expect(client.problem()).toEqual({ code: "unauthenticated", message: expect.any(String) });

    given = await token();
    client.connect();
    await becomes(client, "live");

    expect(client.problem()).toBeUndefined();
    expect(statuses).not.toContain("offline");
  });

  test("sends nothing in the name of another user, and says that he is another", async () => {
    const getToken: GetToken = () => token({ sub: "bob" });
    const { client } = startClient(guarded.url, { user: "ann", getToken });
    const unsent = client.room("names").publish("of ann");
    unsent.catch(() => {});

    await becomes(client, "unauthorized");

    expect(client.problem()).toMatchObject({ code: "user_changed" });
    expect(client.room("other").pending()).toEqual([]);
    expect(client.outbox.pending()).toMatchObject([{ body: "of ann", state: "waiting" }]);
    const reader = createApi({ url: guarded.url, getToken: () => token({ sub: "reader" }) });
    const page = await reader.get("/rooms/:room/messages", { params: { room: "names" } });
    expect(page).toMatchObject({ messages: [] });
  });

  test("leaves nothing for another user that it published on a connection that had died while it slept", async () => {
    let sub = "ann";
    const { client } = startClient(guarded.url, { user: "ann", getToken: () => token({ sub }) });
    await becomes(client, "live");
    sub = "bob";
    const slept = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 600_000);
    client.publish("asleep", "of ann").catch(() => {});
    slept.mockRestore();

    await becomes(client, "unauthorized");

    expect(client.problem()).toMatchObject({ code: "user_changed" });
    const reader = createApi({ url: guarded.url, getToken: () => token({ sub: "reader" }) });
    const page = () => reader.get("/rooms/:room/messages", { params: { room: "asleep" } });
    expect(await page()).toMatchObject({ messages: [] });
    sub = "ann";
    client.connect();
    await becomes(client, "live");
    await eventually(async () => expect(await page()).toMatchObject({ messages: [{ from: "ann" }] }));
  });

  test("a room that may not be read is unauthorized, and the client is live with the others", async () => {
    const { client } = startClient(guarded.url, { getToken: () => token({ caps: { mine: ["*"] } }) });
    const errors: string[] = [];
    const mine = client.room("mine", { onMessage() {} });
    const theirs = client.room("theirs", { onMessage() {}, onError: ({ code }) => errors.push(code) });

    await becomes(theirs, "unauthorized");
    await becomes(mine, "live");
    expect(client.status()).toBe("live");
    expect(errors).toEqual(["forbidden"]);
  });

  test("stays away when a server of the application has removed it", async () => {
    const { client, events } = startClient(guarded.url, { getToken: () => token({ sub: "gil" }) });
    await becomes(client, "live");
    const gone = once(events, "disconnect");

    const headers = { Authorization: `Bearer ${KEY.key}`, "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ reconnect: false }) };
    expect((await fetch(`${guarded.url}/v1/users/gil/disconnect`, init)).status).toBe(200);
    await gone;

    await becomes(client, "unauthorized");
    expect(client.problem()).toMatchObject({ code: "removed" });
  });
});
