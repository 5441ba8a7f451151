import { once } from "node:events";
import { Agent, get, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpServer } from "../../src/engine/http/server.js";
import { createConnectionCut } from "../../src/engine/worker/connection-cut.js";
import { onTestEnd } from "../support/cleanup.js";
import { within } from "../support/wait.js";

test("a connection that becomes idle after a server was closed does not keep it open", async () => {
  const httpServer = createHttpServer((_request, response) => void httpServer.emit("asked", response));
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  const { port } = httpServer.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  onTestEnd(() => agent.destroy());
  const asked = once(httpServer, "asked") as Promise<[ServerResponse]>;
  const answered = new Promise((resolve) => {
    get({ host: "127.0.0.1", port, agent }, (answer) => answer.resume().once("end", resolve));
  });
  const [response] = await asked;

  await createConnectionCut(httpServer, 600_000).stop();
  const closed = once(httpServer, "close");
  httpServer.close();
  response.end("an answer");

  await answered;
  await within(closed, 20_000, "the end of the server"); // it keeps connections for longer
});

test("one whose request never ends is cut off after the farewell", async () => {
  const httpServer = createHttpServer((_request, response) => void httpServer.emit("asked", response));
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  const { port } = httpServer.address() as AddressInfo;
  const asked = once(httpServer, "asked");
  const failed = new Promise((resolve) => get({ host: "127.0.0.1", port }).once("error", resolve));
  await asked;

  await createConnectionCut(httpServer, 1).stop();
  const closed = once(httpServer, "close");
  httpServer.close();

  await within(Promise.all([closed, failed]), 20_000, "the end of the server");
});
