import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io as connect } from "socket.io-client";
import { readConfig } from "../../src/config/config.js";
import { createOriginCheck } from "../../src/origin.js";
import { createAuthenticate } from "../../src/realtime/authenticate.js";
import { createIo, type IoSocket } from "../../src/realtime/io.js";
import { onTestEnd } from "../support/cleanup.js";
import { once } from "../support/wait.js";

test("the auth of a handshake is let go once it has said who somebody is", async () => {
  const config = readConfig({ NODE_ENV: "test" });
  const io = createIo(config, createOriginCheck(config), () => {});
  const httpServer = createServer();
  io.use(createAuthenticate(4096));
  io.attach(httpServer);
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  onTestEnd(() => io.close());
  const { port } = httpServer.address() as AddressInfo;
  const auth = { user: "ann", token: "x".repeat(1000) };
  const client = connect(`http://127.0.0.1:${port}`, {
    auth,
    transports: ["websocket"],
    reconnection: false,
  });
  onTestEnd(() => void client.disconnect());

  await once(client, "connect");

  const [socket] = [...io.sockets.sockets.values()] as IoSocket[];
  expect(socket?.data.user).toBe("ann");
  expect(socket?.handshake.auth).toEqual({});
});
