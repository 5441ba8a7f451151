import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

const APP = "https://app.example.com";
const POLLING = "/socket.io/?EIO=4&transport=polling";
const OF_PREFLIGHTS = { method: "OPTIONS", headers: { "Access-Control-Request-Method": "POST" } };
let mongodbUri: string;

beforeAll(async () => {
  mongodbUri = (await startMongo()).uriFor();
});

const start = (env: Record<string, string>): Promise<RunningWorker> =>
  startWorker({
    mongodbUri,
    env: { RATE_IP_REQUESTS: "1,3", RATE_IP_HANDSHAKES: "1,3", TRUST_PROXY: "1", ...env },
  });

type Init = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

/** Asks for a page of this origin and from this address. */
function ask(worker: RunningWorker, path: string, address: string, origin = APP, init: Init = {}) {
  const headers = { ...init.headers, Origin: origin, "X-Forwarded-For": address };
  return fetch(worker.url + path, { ...init, headers });
}

/** All answers up to the first refusal: the clock goes on meanwhile. */
async function untilRefused(asking: () => Promise<Response>): Promise<Response[]> {
  const answers: Response[] = [];
  while (answers.at(-1)?.status !== 429) {
    if (answers.length === 100) throw new Error("nothing was refused");
    answers.push(await asking());
  }
  return answers;
}

const granted = ({ headers }: Response) => headers.get("Access-Control-Allow-Origin");

describe.each([APP, "*"])("with CORS_ORIGIN=%s preflights", (allowed) => {
  let worker: RunningWorker;
  const preflight = (path: string, address: string) => ask(worker, path, address, APP, OF_PREFLIGHTS);

  beforeAll(async () => {
    worker = await start({ CORS_ORIGIN: allowed });
  });

  test.each(["/hello", "/rooms/kitchen/messages", "/no/such/page", POLLING])(
    "count as requests of their address: %s",
    async (path) => {
      const answers = await untilRefused(() => preflight(path, `203.0.113.${path.length}`));
      expect(answers.at(0)?.status).toBe(204);
      expect(answers.at(-1)?.headers.get("RateLimit-Policy")).toBe('"address";q=3;w=3');
      expect((await preflight(path, `192.0.2.${path.length}`)).status).toBe(204);
    },
  );

  test("of a handshake do not count as handshakes", async () => {
    await untilRefused(() => preflight(POLLING, "203.0.113.2"));
    expect((await ask(worker, POLLING, "203.0.113.2")).status).toBe(200);
  });

  test("of /health do not count, as little as what they ask for", async () => {
    const answers = Array.from({ length: 12 }, () => preflight("/health", "203.0.113.3"));
    for (const { status } of await Promise.all(answers)) expect(status).toBe(204);
  });

  test("say what is allowed, and end without a body", async () => {
    for (const path of ["/hello", "/health", POLLING]) {
      const answer = await preflight(path, `198.51.100.${path.length}`);
      expect([path, answer.status, answer.headers.get("Content-Length")]).toEqual([path, 204, "0"]);
      expect(granted(answer)).toBe(allowed === "*" && path !== POLLING ? "*" : APP);
      expect(answer.headers.get("Access-Control-Allow-Methods")).toContain("POST");
    }
  });

  test("let the page read what comes after them, also when that is refused", async () => {
    for (const path of ["/hello", POLLING]) {
      const answers = await untilRefused(() => ask(worker, path, "203.0.113.4"));
      for (const answer of answers)
        expect(granted(answer)).toBe(allowed === "*" && path !== POLLING ? "*" : APP);
    }
  });
});

test("a preflight of a foreign origin grants nothing, and counts as well", async () => {
  const worker = await start({ CORS_ORIGIN: APP });
  const evil = "https://evil.example.com";
  for (const path of ["/hello", POLLING]) {
    const answers = await untilRefused(() =>
      ask(worker, path, `203.0.113.${path.length}`, evil, OF_PREFLIGHTS),
    );
    for (const answer of answers) {
      expect([403, 405, 429]).toContain(answer.status);
      expect(granted(answer)).toBeNull();
    }
  }
});
