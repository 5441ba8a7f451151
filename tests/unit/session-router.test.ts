import { createServer, type RequestListener, type ServerOptions } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { missingForForward } from "../../src/worker/routing/internals.js";
import { newSessionId } from "../../src/worker/routing/session-owner.js";
import { createSessionRouter, type SessionRouter } from "../../src/worker/routing/session-router.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { eventually } from "../support/wait.js";

interface HandedOver {
  readonly worker: number;
  readonly bytes: Uint8Array;
}

/** Worker 1 with a port of its own. What it gives up ends here. */
interface Setup {
  readonly url: string;
  readonly router: SessionRouter;
  readonly accepted: readonly Socket[];
  readonly handedOver: readonly HandedOver[];
  /** Which of `accepted`. */
  readonly givenBack: readonly number[];
  /** The URLs that the HTTP server's own listener heard of. */
  readonly served: readonly string[];
}

const PATH = "/socket.io";
const pollOf = (worker: number) => `${PATH}/?EIO=4&sid=${newSessionId(worker, "")}`;
const get = (url: string, ...lines: string[]) =>
  `${[`GET ${url} HTTP/1.1`, "Host: shoal", ...lines].join("\r\n")}\r\n\r\n`;

const answerAll: RequestListener = (request, response) => void response.end(`it is ${request.url}`);

/** With `first` as what was read elsewhere of each connection. */
async function setUp(
  listener: RequestListener = answerAll,
  first = "",
  options: ServerOptions = {},
): Promise<Setup> {
  const [accepted, givenBack, served]: [Socket[], number[], string[]] = [[], [], []];
  const handedOver: HandedOver[] = [];
  const httpServer = createServer(options, (request, response) => {
    served.push(request.url ?? "");
    listener(request, response);
  });
  const router = createSessionRouter(
    httpServer,
    { path: PATH, self: 1, suffix: "" },
    {
      handOver(socket, worker, bytes) {
        handedOver.push({ worker, bytes });
        socket.destroy();
      },
      async giveBack(socket) {
        givenBack.push(accepted.indexOf(socket));
        socket.destroy();
      },
    },
  );
  router.start();
  const tcpServer = createTcpServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    router.accept(socket, Buffer.from(first));
  });
  await new Promise<void>((resolve) => tcpServer.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => {
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => tcpServer.close(resolve));
    httpServer.close();
  });
  const { port } = tcpServer.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, router, accepted, handedOver, givenBack, served };
}

async function read(setup: Setup, bytes: number): Promise<void> {
  await eventually(() => expect(setup.accepted.at(-1)?.bytesRead).toBe(bytes));
}

test("this Node has what it takes", () => {
  expect(missingForForward()).not.toContain("net.Socket _handle.readStop");
  expect(missingForForward()).not.toContain("node:http parser of a connection");
});

test("a request for a sibling leaves byte for byte, with what was read after its header", async () => {
  const setup = await setUp();
  const client = await openRaw(setup.url);
  const bytes = Buffer.concat([
    Buffer.from(`POST ${pollOf(2)} HTTP/1.1\r\nhOST: shoal\r\nX-A: caf\xe9 \xff\r\nX-a: again\r\n`, "latin1"),
    Buffer.from("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\0\xfe\xff", "latin1"),
  ]);
  client.write(bytes);
  await client.readToEnd();
  expect(setup.handedOver).toEqual([{ worker: 2, bytes }]);
  expect(client.text()).toBe("");
  expect(setup.served).toEqual([]);
});

test("what was read elsewhere is served here whatever it asks for, and what follows is looked at", async () => {
  const first = pollOf(2);
  const setup = await setUp(answerAll, get(first));
  const client = await openRaw(setup.url);
  await client.read(/it is /);
  client.write(get("/hello"));
  await client.read(/it is \/hello$/);
  const next = get(pollOf(3));
  client.write(next);
  await client.readToEnd();
  expect(setup.handedOver).toEqual([{ worker: 3, bytes: Buffer.from(next) }]);
  expect(setup.served).toEqual([first, "/hello"]);
});

test.each([
  ["a request", []],
  ["an upgrade", ["Connection: Upgrade", "Upgrade: websocket"]],
])(
  "%s for a sibling behind one that is not answered yet is told to come again, in its turn",
  async (_, lines) => {
    let answer = (): void => {};
    const setup = await setUp((_request, response) => {
      answer = () => response.end("the first");
    });
    const client = await openRaw(setup.url);
    const sent = get("/slow") + get(pollOf(2), ...lines);
    client.write(sent);
    await read(setup, sent.length);
    expect(client.text()).toBe("");
    answer();
    const answers = await client.readToEnd();
    expect(answers).toMatch(/^HTTP\/1.1 200 [\s\S]*the firstHTTP\/1.1 421 [\s\S]*connection: close/i);
    expect(setup.handedOver).toEqual([]);
    expect(setup.served).toEqual(["/slow"]);
  },
);

test("a request with more header lines than the HTTP server keeps goes nowhere", async () => {
  const setup = await setUp();
  const client = await openRaw(setup.url);
  client.write(get(pollOf(2), ...Array.from({ length: 1100 }, () => "a:b"), "Content-Length: 0"));
  expect(await client.readToEnd()).toMatch(/^HTTP\/1.1 421 /);
  expect(setup.handedOver).toEqual([]);
  expect(setup.served).toEqual([]);
});

test("connections on which nothing is asked are given back, others are served", async () => {
  let answer = (): void => {};
  const setup = await setUp((request, response) => {
    if (request.url === "/slow") answer = () => response.end("late");
    else response.end("at once");
  });
  const untouched = await openRaw(setup.url);
  const idle = await openRaw(setup.url);
  idle.write(get("/hello"));
  await idle.read(/at once$/);
  const busy = await openRaw(setup.url);
  busy.write(get("/slow"));
  await eventually(() => expect(setup.served).toContain("/slow"));
  await setup.router.stop();
  expect([...setup.givenBack].sort()).toEqual([0, 1]);
  await Promise.all([untouched.readToEnd(), idle.readToEnd()]);
  answer();
  await busy.read(/late$/);
});

test.each([
  ["of the first request", "", "GET /hel"],
  ["of the next request, read together with the one before it", "", `${get("/before")}GET /hel`],
  ["that was read elsewhere", "GET /hel", ""],
])("a connection is never given back with a part lost %s", async (_, first, sent) => {
  const setup = await setUp(answerAll, first);
  const client = await openRaw(setup.url);
  client.write(sent);
  await read(setup, sent.length);
  const stopped = setup.router.stop();
  expect(setup.givenBack).toEqual([]);
  client.write("lo HTTP/1.1\r\nHost: shoal\r\n\r\n");
  await client.read(/it is \/hello$/);
  await stopped;
  expect(setup.givenBack).toEqual([0]);
});

test("a request that never goes on holds a stop up for half a second and not longer", async () => {
  const setup = await setUp();
  const client = await openRaw(setup.url);
  client.write("GET /he");
  await read(setup, 7);
  const startMs = performance.now();
  await setup.router.stop();
  expect(performance.now() - startMs).toBeLessThan(1000);
  expect(setup.givenBack).toEqual([]);
  client.write("llo HTTP/1.1\r\nHost: shoal\r\n\r\n");
  await client.read(/it is \/hello$/);
});

test.each([
  ["that says nothing", "", ""],
  ["whose header does not end", "", "GET /hello HTTP/1.1\r\n"],
  ["that came with a header that does not end", "GET /hello HTTP/1.1\r\n", ""],
  ["that came with a request and goes on with half of one", get("/hello"), "GET /hello"],
])("the HTTP server ends a connection %s", async (_, first, sent) => {
  const setup = await setUp(answerAll, first, { headersTimeout: 50, connectionsCheckingInterval: 10 });
  const client = await openRaw(setup.url);
  client.write(sent);
  expect(await client.readToEnd()).toMatch(/HTTP\/1.1 408 /);
});
