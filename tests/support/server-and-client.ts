import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestEnd } from "./cleanup.js";

/** Has the server listen on a free port of 127.0.0.1, and gives a client's connection to it. Both end with the test. */
export async function connectTo(httpServer: Server): Promise<Socket> {
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  const client = connect((httpServer.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  onTestEnd(() => {
    client.destroy();
    httpServer.close();
    httpServer.closeAllConnections();
  });
  return client;
}
