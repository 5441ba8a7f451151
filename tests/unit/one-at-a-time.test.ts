import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import express, { type Response } from "express";
import { oneAtATime } from "../../src/engine/http/one-at-a-time.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually } from "../support/wait.js";

interface Served {
  readonly path: string;
  readonly response: Response;
}

/** A server that answers nothing by itself, and the requests that it has begun to serve, in order. */
async function start() {
  const served: Served[] = [];
  let hear: (one: Served) => void = () => {};
  const app = express();
  app.use((request, response) => {
    const one = { path: request.path, response };
    served.push(one);
    hear(one);
  });
  const server = createServer(oneAtATime(app)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;

  async function open(): Promise<{ socket: Socket; text(): string }> {
    let text = "";
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes;
    });
    await once(socket, "connect");
    return { socket, text: () => text };
  }

  function onServed(then: (one: Served) => void): void {
    hear = then;
  }

  return { served, open, onServed, paths: () => served.map(({ path }) => path) };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shoal\r\n\r\n`;
const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => get(`/${from + index}`)).join("");

test("requests of a connection are served one after another, in order, and all are answered", async () => {
  const { served, open, onServed } = await start();
  const { socket, text } = await open();
  let underWay = 0;
  let most = 0;
  onServed(({ path, response }) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setImmediate(() => {
      underWay -= 1;
      response.send(`answer to ${path};`);
    });
  });

  socket.write(numbered(0, 100));

  await eventually(() => expect(text().match(/answer to [^;]+;/g)).toHaveLength(100));
  expect(served.map(({ path }) => path)).toEqual(Array.from({ length: 100 }, (_, index) => `/${index}`));
  expect(most).toBe(1);
});

test("those of another connection are served while one waits", async () => {
  const { served, open, paths } = await start();
  const [flooding, other] = [await open(), await open()];
  flooding.socket.write(numbered(0, 8));
  await eventually(() => expect(paths()).toEqual(["/0"]));

  other.socket.write(get("/other"));

  await eventually(() => expect(paths()).toEqual(["/0", "/other"]));
  served[1]?.response.send("well");
  await eventually(() => expect(other.text()).toContain("well"));
  expect(paths()).toEqual(["/0", "/other"]);
});

test("what waits on a connection that ends is never served", async () => {
  const { served, open, paths } = await start();
  const [ending, other] = [await open(), await open()];
  ending.socket.write(numbered(0, 8));
  await eventually(() => expect(paths()).toEqual(["/0"]));
  const [first] = served;
  if (first === undefined) throw new Error("nothing was served");
  const closed = once(first.response, "close");

  ending.socket.destroy();
  await closed;

  other.socket.write(get("/other"));
  await eventually(() => expect(paths()).toEqual(["/0", "/other"]));
});

test("what waits behind an answer that ends the connection is never served", async () => {
  const { served, open, paths } = await start();
  const [ending, other] = [await open(), await open()];
  ending.socket.write(numbered(0, 8));
  await eventually(() => expect(paths()).toEqual(["/0"]));

  served[0]?.response.set("Connection", "close").send("last");

  await once(ending.socket, "close");
  expect(ending.text()).toContain("last");
  other.socket.write(get("/other"));
  await eventually(() => expect(paths()).toContain("/other"));
  expect(paths()).toEqual(["/0", "/other"]);
});
