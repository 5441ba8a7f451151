import { once } from "node:events";
import { createServer } from "node:http";
import express from "express";
import { jsonBody } from "../../src/engine/http/json-body.js";
import { connectTo } from "../support/server-and-client.js";
import { eventually, within } from "../support/wait.js";

/** A server that says what it was asked, looks at bodies so many turns of the event loop after a request has come, and the client's connection to it. */
async function start(turns = 0) {
  const asked: string[] = [];
  const app = express();
  app.use(async (_request, _response, next) => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    next();
  });
  app.use(jsonBody(1000));
  app.use(({ method, body }, response) => {
    asked.push(method);
    response.end(JSON.stringify({ body }));
  });
  const httpServer = createServer(app);
  const client = await connectTo(httpServer);
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

test.each([
  ["its length", 0, "Content-Length: 0\r\n\r\n"],
  ["no chunks", 0, "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["no chunks", 5, "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
])(
  "a body of no bytes that is called JSON is an object without fields: %s tell of it, looked at %d turns later",
  async (_what, turns, framed) => {
    const { client } = await start(turns);
    let answers = "";
    client.on("data", (chunk) => {
      answers += chunk;
    });
    // Twice: the connection can be used again.
    for (const count of [1, 2]) {
      client.write(`POST / HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\n${framed}`);
      await eventually(() => expect(answers.match(/\r\n\r\n\{"body":\{\}\}/g)).toHaveLength(count));
    }
  },
);
