import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let mongo: MongoServer;
let worker: RunningWorker;

beforeAll(async () => {
  mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor() });
});

/** The status line and the body of the answer to a GET of this target. */
async function get(target: string): Promise<{ status: string; body: string }> {
  const raw = await openRaw(worker.url);
  raw.write(`GET ${target} HTTP/1.1\r\nHost: ${new URL(worker.url).host}\r\nConnection: close\r\n\r\n`);
  const answer = await raw.readToEnd();
  const [head = "", body = ""] = answer.split("\r\n\r\n", 2);
  return { status: head.split(" ", 2)[1] ?? "", body };
}

test.each([
  ["http://localhost/hello", "from Shoal"],
  ["HTTPS://user:password@[::1]:8443/hello?x=1", "from Shoal"],
  ["http://localhost/socket.io/?EIO=4&transport=polling", '"sid":'],
])("a whole URL is answered as its path: %s", async (target, text) => {
  const { status, body } = await get(target);

  expect(status).toBe("200");
  expect(body).toContain(text);
});

test.each(["http://localhost", "http://localhost?x=1"])(
  "without a path it is the root: %s",
  async (target) => {
    expect((await get(target)).status).toBe((await get("/")).status);
  },
);

test("a WebSocket may be asked for by a whole URL, too, and not by what is none", async () => {
  const upgrade = async (origin: string) => {
    const raw = await openRaw(worker.url);
    const lines = [
      `GET ${origin}/socket.io/?EIO=4&transport=websocket HTTP/1.1`,
      `Host: ${new URL(worker.url).host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ];
    raw.write(`${lines.join("\r\n")}\r\n\r\n`);
    return await raw.read(/^HTTP\/1\.1 \d+/);
  };

  expect(await upgrade("http://localhost")).toMatch(/^HTTP\/1\.1 101 /);
  expect(await upgrade("http://[::1")).toMatch(/^HTTP\/1\.1 400 /);
});

test.each([
  "http://[::1/hello",
  "http://localhost:port/hello",
  "https://:elsewhere.example:1/hello",
  "http:///hello",
  "ftp://localhost/hello",
])("what is no URL of HTTP is refused: %s", async (target) => {
  expect(await get(target)).toEqual({ status: "400", body: "" });
});
