import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) => startWorker({ mongodbUri: mongo.uriFor(), env });

const post = ({ url }: RunningWorker, room: string, id: string, user = "ann") =>
  fetch(`${url}/rooms/${room}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-User-Id": user },
    body: JSON.stringify({ id, body: "hi" }),
  });

const LIMITED = {
  error: {
    code: "rate_limited",
    temporary: true,
    message: expect.any(String),
    retryAfterMs: expect.any(Number),
  },
};

/** Asks until it is refused: the clock goes on meanwhile. */
async function untilRefused(ask: () => Promise<Response>): Promise<Response> {
  for (let asked = 0; asked < 100; asked += 1) {
    const response = await ask();
    if (response.status === 429) return response;
  }
  throw new Error("nothing was refused");
}

test("requests beyond the rate of their address get 429 and are told what the rate is and when to come back", async () => {
  const worker = await start({ RATE_IP_REQUESTS: "1,3", TRUST_PROXY: "1" });
  const from = (address: string, path = "/hello") =>
    fetch(worker.url + path, { headers: { "X-Forwarded-For": address } });
  const granted = await from("203.0.113.7");
  expect(granted.status).toBe(200);
  expect(granted.headers.get("RateLimit-Policy")).toBe('"address";q=3;w=3');
  expect(granted.headers.get("RateLimit")).toBe('"address";r=2;t=1');
  expect(granted.headers.get("Retry-After")).toBeNull();

  const response = await untilRefused(() => from("203.0.113.7", "/no/such/page"));
  expect(await response.json()).toEqual(LIMITED);
  expect(response.headers.get("Retry-After")).toBe("1");
  expect(response.headers.get("RateLimit")).toMatch(/^"address";r=0;t=3$/);
  expect((await from("203.0.113.8")).status).toBe(200);
});

test("an address that goes on asking is answered later, on connections that end with that, and others at once", async () => {
  const worker = await start({ RATE_IP_REQUESTS: "1,1", TRUST_PROXY: "1" });
  const from = (address: string) => fetch(`${worker.url}/hello`, { headers: { "X-Forwarded-For": address } });
  await from("203.0.113.7");
  const flood = Array.from({ length: 50 }, () => from("203.0.113.7"));
  expect((await from("203.0.113.8")).status).toBe(200);

  const answers = await Promise.all(flood);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(30);
  const last = refused.filter(({ headers }) => headers.get("Connection") === "close");
  expect(last.length).toBeGreaterThan(0);
  expect(refused.length - last.length).toBeGreaterThanOrEqual(20);
});

test("load balancers may ask how the worker is as often as they like", async () => {
  const worker = await start({ RATE_IP_REQUESTS: "1,1" });
  const statuses: number[] = [];
  for (let n = 0; n < 10; n += 1) statuses.push((await fetch(`${worker.url}/health`)).status);

  expect(new Set(statuses)).toEqual(new Set([200]));
});

test("a user's requests count with his events, and are told so", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,2", RATE_IP_REQUESTS: "100,100" });
  const granted = await post(worker, "kitchen", "1");
  expect(granted.status).toBe(200);
  expect(granted.headers.get("RateLimit")).toMatch(/^"address";r=\d+;t=1, "user";r=1;t=1$/);
  expect(granted.headers.get("RateLimit-Policy")).toBe('"address";q=100;w=1, "user";q=2;w=2');

  const response = await untilRefused(() => post(worker, "kitchen", "2"));
  expect(await response.json()).toEqual(LIMITED);
  expect(response.headers.get("RateLimit")).toMatch(/"user";r=0;t=2$/);
  expect((await post(worker, "kitchen", "3", "ben")).status).toBe(200);
});

test("a message that its room has no rate for is not stored, and is when it is posted again after the wait", async () => {
  const worker = await start({ RATE_ROOM_PUBLISH: "10,1" });
  expect((await post(worker, "kitchen", "1")).status).toBe(200);

  let response = await post(worker, "kitchen", "2", "ben");
  const statuses = [response.status];
  while (response.status === 429) {
    const { error } = (await response.json()) as typeof LIMITED;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs));
    response = await post(worker, "kitchen", "2", "ben");
    statuses.push(response.status);
  }
  expect(statuses.at(-1)).toBe(200);
  expect(await response.json()).toMatchObject({ seq: 2 });
});

test("without limits nothing is told of any", async () => {
  const worker = await start({});
  const response = await post(worker, "kitchen", "1");

  expect(response.status).toBe(200);
  expect([...response.headers.keys()].filter((name) => name.startsWith("ratelimit"))).toEqual([]);
});
