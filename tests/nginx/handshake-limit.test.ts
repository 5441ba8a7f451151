import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readEngineRequest } from "../../src/engine/http/engine-request.js";
import { freePort, isServed } from "../../tools/shared/ports.js";
import { writeNginxFiles } from "../../tools/stack/nginx-files.js";
import { spawnProgram } from "../support/child.js";
import { onEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { PROJECT } from "../support/readme.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";

/** New sessions that one address has in this test, instead of thousands. */
const BURST = 5;
const ID = "12.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbb";

let url: string;
/** What the requests are that came through: read as the instances read them. */
let passed: string[] = [];

beforeAll(async () => {
  const instance = createServer(({ url: target = "" }, response) => {
    passed.push(readEngineRequest(target, "/socket.io/").kind);
    response.end("passed");
  });
  await new Promise<void>((resolve) => instance.listen(0, "127.0.0.1", resolve));
  onEnd(() => void instance.close());
  url = await startNginx(`127.0.0.1:${(instance.address() as AddressInfo).port}`);
  for (let count = 0; count <= BURST; count += 1) await ask("/socket.io/?EIO=4&transport=polling");
  expect(passed).toEqual(Array(BURST + 1).fill("handshake"));
});

beforeEach(() => {
  passed = [];
});

/** The files as shipped, with an allowance that a test can use up and that does not come back during it. */
async function startNginx(instance: string): Promise<string> {
  const directory = await tempDir("nginx");
  const listen = `127.0.0.1:${await freePort()}`;
  const { config } = writeNginxFiles({
    source: join(PROJECT, "nginx"),
    directory,
    listen,
    instances: [instance],
  });
  for (const [name, shipped, small] of [
    ["maps.conf", "rate=500r/s", "rate=1r/m"],
    ["realtime.conf", "burst=5000", `burst=${BURST}`],
  ] as const) {
    const path = join(directory, "conf.d", name);
    const text = await readFile(path, "utf8");
    expect(text).toContain(shipped);
    await writeFile(path, text.replace(shipped, small));
  }
  const globals = process.getuid?.() === 0 ? "daemon off; user root;" : "daemon off;";
  const child = await spawnProgram("nginx", {
    args: ["-e", "stderr", "-p", directory, "-c", config, "-g", globals],
  });
  const [, port] = listen.split(":");
  await eventually(async () => expect(await Promise.race([isServed(Number(port)), child.exited])).toBe(true));
  return `http://${listen}`;
}

/** The status of a request with exactly this target. */
async function ask(target: string): Promise<number> {
  const raw = await openRaw(url);
  raw.write(`GET ${target} HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n`);
  return Number((await raw.readToEnd()).split(" ")[1]);
}

test.each([
  ["no sid", "/socket.io/?EIO=4&transport=polling"],
  ["an empty sid", "/socket.io/?EIO=4&sid="],
  ["a sid of another form", "/socket.io/?EIO=4&sid=x"],
  ["a sid by another name", `/socket.io/?EIO=4&SID=${ID}`],
  ["a sid in the value of something else", `/socket.io/?EIO=4&t=sid=${ID}`],
  ["a sid and an empty one", `/socket.io/?sid=${ID}&sid=`],
  ["an empty sid and one", `/socket.io/?sid=&sid=${ID}`],
  ["a sid in a fragment", `/socket.io/?EIO=4#&sid=${ID}`],
  ["a path that nginx takes for another", "/socket.io/../hello?EIO=4"],
  ["such a path in escapes", "/socket.io/%2e%2e/hello?EIO=4"],
  ["the form for proxies", "http://shoal/socket.io/?EIO=4"],
  ["more slashes", "/socket.io//?EIO=4"],
])("who has used up the new sessions of an address gets no more with %s", async (_what, target) => {
  expect(await ask(target)).toBe(429);
  expect(passed).toEqual([]);
});

test.each([ID, "aaaaaaaaaaaaaaaaaaaa", "1.aaaaaaaaaaaaaaaaaaaaaa"])(
  "requests of sessions are not counted: %s",
  async (sid) => {
    for (let count = 0; count <= BURST + 1; count += 1) {
      expect(await ask(`/socket.io/?EIO=4&transport=polling&t=x&sid=${sid}`)).toBe(200);
    }
    expect(new Set(passed)).toEqual(new Set(["session"]));
  },
);

test.each(["/hello", `/hello?sid=${ID}`, "/", "/rooms/kitchen/messages", "/client/room-client.js"])(
  "other requests are not counted: %s",
  async (target) => {
    for (let count = 0; count <= BURST + 1; count += 1) expect(await ask(target)).toBe(200);
    expect(new Set(passed)).toEqual(new Set(["other"]));
  },
);

test("no target that passes uncounted is a handshake to an instance", async () => {
  const pieces = [
    `sid=${ID}`,
    `&sid=${ID}`,
    "sid=",
    ID,
    "&",
    "?",
    "#",
    "%73id=",
    "SID=",
    "../",
    "/",
    "%2E",
    "x",
    ";",
  ];
  let state = 1;
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let count = 0; count < 300; count += 1) {
    const rest = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join("");
    await ask(`/${["", "/", "./", "x/../"][next(4)]}socket.io/${next(2) === 0 ? "?EIO=4&" : ""}${rest}`);
  }
  expect(passed).not.toContain("handshake");
  expect(passed).toContain("session");
});
