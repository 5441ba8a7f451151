import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { expectEarlyAnswer } from "../../src/engine/http/early-answer.js";
import { createHttpServer } from "../../src/engine/http/server.js";
import { connectTo } from "../support/server-and-client.js";

const LINGER_MS = 2000;

afterEach(() => jest.useRealTimers());

test("the time of a refused body begins when the answers before its refusal have left", async () => {
  const turns: (() => void)[] = [];
  const responses: ServerResponse[] = [];
  const httpServer = createHttpServer((request, response) => {
    responses.push(response);
    expectEarlyAnswer(request, response, (go) => turns.push(go));
    if (request.method === "POST") httpServer.emit("refused", response.writeHead(413).end());
  });
  const client = await connectTo(httpServer);
  const refused = once(httpServer, "refused");
  client.write("GET / HTTP/1.1\r\nHost: shoal\r\n\r\n");
  client.write("POST / HTTP/1.1\r\nHost: shoal\r\nContent-Length: 1000\r\n\r\nhalf");
  await refused;
  const [{ req }] = responses as [ServerResponse];

  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] });
  jest.advanceTimersByTime(10 * LINGER_MS);
  expect(req.socket.destroyed).toBe(false);

  for (const go of turns) go();
  jest.advanceTimersByTime(LINGER_MS - 1);
  expect(req.socket.destroyed).toBe(false);
  jest.advanceTimersByTime(1);
  expect(req.socket.destroyed).toBe(true);
});
