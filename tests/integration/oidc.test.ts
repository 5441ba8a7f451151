import { io, type Socket } from "socket.io-client";
import { createApi, createRoomClient } from "../../client/index.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { AUDIENCE, type OidcProvider, startOidcProvider } from "../support/oidc-provider.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

let mongo: MongoServer;
let provider: OidcProvider;

beforeAll(async () => {
  mongo = await startMongo();
  provider = await startOidcProvider();
});

/** A worker that believes the provider. */
function start(audience = AUDIENCE): Promise<RunningWorker> {
  const env = {
    AUTH: "jwt",
    AUTH_JWKS_URL: provider.keySetUrl,
    AUTH_ISSUER: provider.issuer,
    AUTH_AUDIENCE: audience,
    AUTH_DEFAULT_CAPS: "{}",
  };
  return startWorker({ mongodbUri: mongo.uriFor(), env });
}

const publish = (socket: Socket, room: string) =>
  emitAck(socket, "publish", { room, messages: [{ id: crypto.randomUUID(), body: 1 }] });

describe("with a real OpenID provider", () => {
  test.each([["websocket"], ["polling"]])(
    "whoever has signed in comes in with the rights of the token, over %s",
    async (transport) => {
      const { url } = await start();

      const auth = { token: await provider.signIn() };
      const { socket } = await connectClient(url, { auth, transports: [transport] });
      await expect(publish(socket, "chat:lobby")).resolves.toMatchObject({ ok: true });
      await expect(publish(socket, "other")).resolves.toMatchObject({ error: { code: "forbidden" } });
    },
  );

  test("requests come in, too", async () => {
    const { url } = await start();
    const api = createApi({ url, getToken: () => provider.signIn() });
    const stored = api.post("/rooms/:room/messages", {
      params: { room: "chat:api" },
      body: { id: "1", body: "hello" },
    });

    await expect(stored).resolves.toMatchObject({ seq: 1 });
  });

  test("a token for another audience is refused", async () => {
    const { url } = await start();
    const auth = { token: await provider.signIn("https://other.example") };

    await expect(connectClient(url, { auth })).rejects.toMatchObject({ data: { code: "unauthenticated" } });
  });

  test("a token of another issuer with the same kid is refused", async () => {
    const [{ url }, other] = [await start(), await startOidcProvider()];
    const auth = { token: await other.signIn() };

    await expect(connectClient(url, { auth })).rejects.toMatchObject({ data: { code: "unauthenticated" } });
  });

  test("its next key is taken as soon as a token of it comes, and nobody is sent away", async () => {
    const { url } = await start();
    const first = await connectClient(url, { auth: { token: await provider.signIn() } });

    await provider.tell("rotate");
    const second = await connectClient(url, { auth: { token: await provider.signIn() } });
    for (const { socket } of [first, second])
      await expect(publish(socket, "chat:rotated")).resolves.toMatchObject({ ok: true });
  });

  test("its next key is found while somebody makes up keys, and its keys are asked for only so often", async () => {
    const { url } = await start();
    await connectClient(url, { auth: { token: await provider.signIn() } });
    const before = await provider.tell("back");
    let flooding = true;
    let forged = 0;
    async function flood(): Promise<void> {
      while (flooding) {
        forged += 1;
        const header = Buffer.from(JSON.stringify({ alg: "RS256", kid: `forged-${forged}` })).toString(
          "base64url",
        );
        const headers = { Authorization: `Bearer ${header}.e30.AAAA` };
        expect([401, 503]).toContain((await fetch(`${url}/rooms/lobby/messages`, { headers })).status);
      }
    }
    const began = performance.now();
    const floods = [flood(), flood()];
    await eventually(() => expect(forged).toBeGreaterThan(100), { withinMs: 60_000 });

    await provider.tell("rotate");
    const socket = io(url, { forceNew: true, transports: ["websocket"], reconnectionDelayMax: 500 });
    onTestEnd(() => void socket.disconnect());
    const client = createRoomClient(socket, { getToken: () => provider.signIn() });
    onTestEnd(client.close);
    await eventually(() => expect(socket.connected).toBe(true), { withinMs: 60_000 });
    flooding = false;
    await Promise.all(floods);
    const tenths = (performance.now() - began) / 10_000;
    expect((await provider.tell("back")) - before).toBeLessThanOrEqual(5 + Math.ceil(tenths));
  });

  test("while its key server is away known keys go on, and tokens of unknown ones come in when it is back", async () => {
    const { url } = await start();
    await connectClient(url, { auth: { token: await provider.signIn() } });
    onTestEnd(() => provider.tell("back"));
    await provider.tell("away");

    const known = await connectClient(url, { auth: { token: await provider.signIn() } });
    await expect(publish(known.socket, "chat:away")).resolves.toMatchObject({ ok: true });
    await provider.tell("rotate");
    const socket = io(url, { forceNew: true, transports: ["websocket"], reconnectionDelayMax: 500 });
    onTestEnd(() => void socket.disconnect());
    const client = createRoomClient(socket, { getToken: () => provider.signIn() });
    onTestEnd(client.close);
    const refused: unknown[] = [];
    socket.on("connect_error", (error) => refused.push(error));
    await once(socket.io as never, "reconnect", 10_000);
    expect(socket.connected).toBe(false);

    await provider.tell("back");
    await eventually(() => expect(socket.connected).toBe(true), { withinMs: 60_000 });
    expect(refused).toEqual([]);
    await expect(client.room("chat:back").publish(1)).resolves.toMatchObject({ seq: 1 });
  });

  test("its keys are asked for once, however many come", async () => {
    const { url } = await start();
    const token = await provider.signIn();
    await connectClient(url, { auth: { token } });
    const before = await provider.tell("back");

    await Promise.all(Array.from({ length: 20 }, () => connectClient(url, { auth: { token } })));
    expect(await provider.tell("back")).toBe(before);
  });
});
