import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import express from "express";
import { jsonBody } from "../../src/engine/http/json-body.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually, within } from "../support/wait.js";

/** A server that says what it was asked, and the client's connection to it. */
async function start() {
  const asked: string[] = [];
  const app = express();
  app.use(jsonBody(1000));
  app.use(({ method }, response) => {
    asked.push(method);
    response.end();
  });
  const httpServer = createServer(app);
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  const client = connect((httpServer.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  onTestEnd(() => {
    client.destroy();
    httpServer.close();
    httpServer.closeAllConnections();
  });
  return { httpServer, client, asked };
}

const HEAD = "DELETE / HTTP/1.1\r\nHost: shoal\r\nTransfer-Encoding: chunked\r\n\r\n";

test("a request whose connection breaks off before its body is not served as one without", async () => {
  const { httpServer, client, asked } = await start();
  const came = once(httpServer, "request");
  client.write(HEAD);
  const [request] = await within(came, 5000, "the request");
  const closed = new Promise((resolve) => request.once("close", resolve)); // "error" may come before it
  client.destroy();
  await within(closed, 5000, "the end of the request");
  await new Promise((resolve) => setImmediate(resolve));

  expect(asked).toEqual([]);
});

test("one with a body of no bytes is", async () => {
  const { client, asked } = await start();
  client.write(`${HEAD}0\r\n\r\n`);

  await eventually(() => expect(asked).toEqual(["DELETE"]));
});
