import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io as connect } from "socket.io-client";
import { readConfig } from "../../src/engine/config/config.js";
import { createOriginCheck } from "../../src/engine/http/origin.js";
import { releaseHeaders } from "../../src/engine/internals/node.js";
import { createAuthenticate } from "../../src/engine/realtime/authenticate.js";
import { createIo, type Io, type IoSocket } from "../../src/engine/realtime/io.js";
import { createOpenAuthenticator } from "../../src/engine/trust/open-authenticator.js";
import { onTestEnd } from "../support/cleanup.js";
import { once } from "../support/wait.js";

async function serve(prepare: (io: Io) => void): Promise<{ io: Io; url: string }> {
  const config = readConfig({ NODE_ENV: "test" });
  const io = createIo(config, createOriginCheck(config), () => {});
  const httpServer = createServer();
  prepare(io);
  io.attach(httpServer);
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  onTestEnd(() => io.close());
  const { port } = httpServer.address() as AddressInfo;
  return { io, url: `http://127.0.0.1:${port}` };
}

test("the auth of a handshake is let go once it has said who somebody is", async () => {
  const { io, url } = await serve((io) =>
    io.use(createAuthenticate(createOpenAuthenticator(), 4096, () => {})),
  );
  const auth = { user: "ann", token: "x".repeat(1000) };
  const client = connect(url, { auth, transports: ["websocket"], reconnection: false });
  onTestEnd(() => void client.disconnect());

  await once(client, "connect");

  const [socket] = [...io.sockets.sockets.values()] as IoSocket[];
  expect(socket?.data.passport.user).toBe("ann");
  expect(socket?.handshake.auth).toEqual({});
});

test.each([[["websocket"]], [["polling", "websocket"]]])(
  "the headers of a handshake are let go, and the connection goes on: %s",
  async (transports) => {
    const { io, url } = await serve((io) => io.on("connection", releaseHeaders));
    const extraHeaders = { cookie: "x".repeat(1000) };
    const client = connect(url, { extraHeaders, transports, reconnection: false });
    onTestEnd(() => void client.disconnect());

    await once(client, "connect");

    const [socket] = [...io.sockets.sockets.values()] as IoSocket[];
    expect(socket?.handshake.headers).toEqual({});
    expect(socket?.request.headers).toEqual({});
    expect(socket?.request.rawHeaders).toEqual([]);
    const { engine } = client.io;
    const upgraded = new Promise((resolve) => engine.once("upgrade", resolve));
    if (engine.transport.name === "polling") await upgraded;
    const closed = new Promise<string>((resolve) => socket?.on("disconnect", resolve));
    client.disconnect();
    await expect(closed).resolves.toBe("client namespace disconnect");
  },
);
