import { Agent, request } from "node:http";
import { connectClient } from "../support/connect-client.js";
import { startTestStack, type TestStack } from "../support/nginx-stack.js";
import { eventually } from "../support/wait.js";

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Another address of this machine, as of a client elsewhere. */
const CLIENT_ADDRESS = "127.0.0.2";
const BODY_LIMIT_BYTES = 102_400;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ workers: 1, env: { LOG_LEVEL: "debug" } });
});

function call(path: string, headers: Record<string, string> = {}, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(stack.url + path, {
      agent: false,
      localAddress: CLIENT_ADDRESS,
      method: body === undefined ? "GET" : "POST",
      headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }),
      );
    });
    outgoing.end(body);
  });
}

/** The line of the instance about a request. */
function logOf(requestId: unknown): Promise<Readonly<Record<string, unknown>>> {
  return eventually(() => {
    const line = stack.lines.find(({ fields }) => fields.requestId === requestId && fields.msg === "request");
    if (line === undefined) throw new Error(`no line about ${requestId}`);
    return line.fields;
  });
}

test("the client's address reaches the instance's log, and one that the client claims does not", async () => {
  const { status, headers } = await call("/hello", {
    "X-Forwarded-For": "203.0.113.7, 198.51.100.1",
    Forwarded: "for=203.0.113.7",
    "X-Real-IP": "203.0.113.7",
  });

  expect(status).toBe(200);
  await expect(logOf(headers["x-request-id"])).resolves.toMatchObject({ address: CLIENT_ADDRESS });
});

test.each(["websocket", "polling"] as const)(
  "the client's address reaches Socket.IO over %s, and one that the client claims does not",
  async (transport) => {
    const agent = new Agent({ localAddress: CLIENT_ADDRESS });
    const nodeOptions: object = { agent }; // the client's types know only what browsers have
    const { session } = await connectClient(stack.url, {
      transports: [transport],
      extraHeaders: { "X-Forwarded-For": "203.0.113.7" },
      ...nodeOptions,
    });

    const line = await eventually(() => {
      const found = stack.lines.find(({ fields }) => fields.session === session.id);
      if (found === undefined) throw new Error("no line yet");
      return found;
    });
    expect(line.fields).toMatchObject({ msg: "client connect", address: CLIENT_ADDRESS });
  },
);

test("a request's id goes through both logs and back, unless it is not fit for one", async () => {
  const id = "order-4711:a";
  const kept = await call("/hello", { "X-Request-Id": id });
  const replaced = await call("/hello", { "X-Request-Id": 'no "good' });

  expect(kept.headers["x-request-id"]).toBe(id);
  await expect(logOf(id)).resolves.toMatchObject({ path: "/hello" });
  expect(replaced.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  await eventually(() => {
    const ids = stack.accessLines().map((line) => (JSON.parse(line) as { requestId: string }).requestId);
    expect(ids).toContain(id);
    expect(ids).toContain(replaced.headers["x-request-id"]);
  });
});

test.each([
  "/metrics",
  "/livez",
  "/readyz",
  "/METRICS",
  "/metrics/",
  "/%6detrics",
  "//metrics",
  "/x/../metrics",
])("%s does not reach an instance", async (path) => {
  const { status, headers, body } = await call(path);

  expect(status).toBe(404);
  expect(JSON.parse(body)).toMatchObject({ error: { code: "not_found", temporary: false } });
  expect(headers["x-request-id"]).toBeUndefined(); // an instance's answers carry one
});

test("a body over the instance's limit is refused by the instance, and one over nginx's by nginx, alike", async () => {
  const byInstance = await call("/hello", {}, JSON.stringify({ name: "x".repeat(BODY_LIMIT_BYTES) }));
  const byNginx = await call("/hello", {}, JSON.stringify({ name: "x".repeat(1_100_000) }));

  for (const { status, body } of [byInstance, byNginx]) {
    expect(status).toBe(413);
    expect(JSON.parse(body)).toEqual({
      error: { code: "too_large", message: "The body is larger than the limit", temporary: false },
    });
  }
  expect(byInstance.headers["x-request-id"]).toBeDefined();
  expect(byNginx.headers["x-request-id"]).toBeUndefined();
});

test("a body over the instance's limit is refused alike however often it comes, and is no failure of the instance", async () => {
  const body = JSON.stringify({ name: "x".repeat(BODY_LIMIT_BYTES) });

  for (let round = 0; round < 40; round += 1) {
    const replies = await Promise.all([1, 2, 3].map(() => call("/hello", {}, body)));
    expect(replies.map(({ status }) => status)).toEqual([413, 413, 413]);
  }
});

test("no log holds a session's id or any other query, nor does nginx tell its version", async () => {
  const { socket } = await connectClient(stack.url, {
    transports: ["polling", "websocket"],
    query: { token: "s3cret" },
  });
  const sid = socket.io.engine.id ?? "";
  expect(sid).toMatch(/^[\w-]{20}$/);
  await eventually(() => expect(socket.io.engine.transport.name).toBe("websocket"));
  const unknown = await call(`/socket.io/?EIO=4&transport=polling&sid=${"A".repeat(20)}&token=s3cret`);
  socket.disconnect();

  await eventually(() => {
    const told = stack.accessLines().filter((line) => line.includes('"path":"/socket.io/"'));
    expect(told.filter((line) => line.includes('"status":101'))).not.toEqual([]);
    expect(told.filter((line) => line.includes(`"status":${unknown.status}`))).not.toEqual([]);
  });
  const everything = [...stack.accessLines(), ...stack.lines.map(({ text }) => text)].join("\n");
  expect(everything).not.toContain(sid);
  expect(everything).not.toContain("A".repeat(20));
  expect(everything).not.toContain("s3cret");
  expect(unknown.headers.server).toBe("nginx");
});
