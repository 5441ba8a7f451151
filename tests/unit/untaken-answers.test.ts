import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { pino } from "pino";
import { ENGINE_PATH } from "../../src/engine/http/engine-request.js";
import { createHttpServer } from "../../src/engine/http/server.js";
import { createRelayCheck } from "../../src/engine/routing/worker/relay-check.js";
import { createRelayProof } from "../../src/engine/routing/worker/relay-proof.js";
import { createSessionRouter } from "../../src/engine/routing/worker/session-router.js";
import { onTestEnd } from "../support/cleanup.js";
import { within } from "../support/wait.js";

const UNTAKEN_MS = 100;
/** More than the kernel takes for a client that does not read. */
const LARGE = Buffer.alloc(32 * 1024 * 1024);

/** An answer that waits to be given, and the client that has asked for it. */
async function ask() {
  let hear = (_response: ServerResponse): void => {};
  const asked = new Promise<ServerResponse>((resolve) => {
    hear = resolve;
  });
  const httpServer = createHttpServer((_request, response) => hear(response));
  const log = pino({ level: "silent" });
  const proof = createRelayProof("AAAAAAAA", [""]);
  const check = createRelayCheck(proof, () => undefined, log);
  const timing = { silenceMs: 60_000, untakenMs: UNTAKEN_MS };
  await createSessionRouter({
    httpServer,
    path: ENGINE_PATH,
    books: [],
    proof,
    check,
    log,
    ...timing,
  }).start();
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  const client = connect((httpServer.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  onTestEnd(() => {
    client.destroy();
    httpServer.close();
    httpServer.closeAllConnections();
  });
  client.write("GET / HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n");
  const closed = once(client, "close");
  let bytes = 0;

  /** What the client gets when it reads, in bytes. */
  async function read(): Promise<number> {
    client.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.resume();
    await within(closed, 20_000, "the end of the connection");
    return bytes;
  }

  return { client, read, response: await within(asked, 5000, "the request") };
}

test("a client that takes nothing of its answer is cut off", async () => {
  const { client, read, response } = await ask();
  client.pause();
  response.end(LARGE);
  await within(once(response, "close"), 20_000, "the end of the answer");

  expect(await read()).toBeLessThan(LARGE.length);
});

test("an answer that is not ready has time, and is sent whole", async () => {
  const { read, response } = await ask();
  await within(once(response, "timeout"), 20_000, "the end of the time");
  response.end(LARGE);

  expect(await read()).toBeGreaterThan(LARGE.length);
});

test("one that comes after that time and is not taken is cut off as well", async () => {
  const { client, read, response } = await ask();
  await within(once(response, "timeout"), 20_000, "the end of the time");
  client.pause();
  response.end(LARGE);
  await within(once(response, "close"), 20_000, "the end of the answer");

  expect(await read()).toBeLessThan(LARGE.length);
});
