import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { type EngineRequest, readEngineRequest } from "../../src/engine/http/engine-request.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";

const PATH = "/socket.io/";
const ID = "1.aaaaaaaaaaaaaaaaaaaaaa";

type RequestOfEngine = IncomingMessage & { readonly _query: { readonly sid?: string } };

const read = (url: string) => readEngineRequest(url, PATH);

test.each([
  "/hello",
  "/",
  "",
  "/socket.io",
  "/socket.iox",
  "/Socket.io/",
  "/x/../socket.io/",
  "/%73ocket.io/",
])("what does not begin with the path is for others: %j", (path) => {
  expect(read(`${path}?EIO=4&sid=${ID}`)).toEqual({ kind: "other" });
});

test.each([`http://shoal${PATH}?sid=${ID}`, `//shoal${PATH}?sid=${ID}`, `${"/"}${PATH}?sid=${ID}`, "*"])(
  "a target in another form is for others: %j",
  (url) => {
    expect(read(url)).toEqual({ kind: "other" });
  },
);

test.each([
  "",
  "?",
  "?EIO=4&transport=polling",
  "?EIO=4&SID=a",
  "?nosid=a",
  "?a=sid=b",
  "?%26sid=a",
  "?a=%26sid=b",
])("a request without a session is a handshake: %j", (query) => {
  expect(read(PATH + query)).toEqual({ kind: "handshake" });
});

test.each([
  `?sid=${ID}`,
  `?EIO=4&transport=polling&t=x&sid=${ID}`,
  `?sid=${ID}&t=x`,
  `?sid=${ID}&EIO=4&SID=b`,
])("a request with one session is for it: %j", (query) => {
  expect(read(PATH + query)).toEqual({ kind: "session", sessionId: ID });
});

test.each([...["a-b_c", "AAAAAAAAAAAAAAAAAAAAAAAA", "__proto__", `${ID}.instance`]])(
  "an id of any server of this family is one: %j",
  (sessionId) => {
    expect(read(`${PATH}?sid=${sessionId}`)).toEqual({ kind: "session", sessionId });
  },
);

test.each([
  ...[`?sid=${ID}&sid=`, `?sid=&sid=${ID}`, `?sid=${ID}&sid=${ID}`, "?sid=a&sid=b", "?sid=&sid="],
  ...[`?sid=${ID}&%73id=`, `?%73id=${ID}`, `?sid=%31${ID.slice(1)}`, `?si\td=${ID}`, `?sid=${ID}\t`],
  ...["?sid=", "?sid", "?sid=a+b", "?sid=a%00", "?sid=%", "?sid=é", `?sid=${"a".repeat(300)}`, "?sid=a/b"],
  ...[
    `#?sid=${ID}`,
    `?EIO=4#&sid=${ID}`,
    `?sid=${ID}#`,
    `x?sid=${ID}`,
    `../hello?sid=${ID}`,
    `%2e%2e/hello`,
    "/?EIO=4",
  ],
])("what another reader could read otherwise is malformed: %j", (rest) => {
  expect(read(PATH + rest)).toEqual({ kind: "malformed" });
});

/** A random target, from the pieces in which readers differ. The same for the same number. */
function oddTarget(seed: number): string {
  const pieces = [
    "sid=",
    "sid",
    ID,
    "&",
    "&",
    "?",
    "#",
    "%73id=",
    "SID=",
    ".",
    "/",
    "%2E",
    "=",
    "+",
    ";",
    "\u00e9",
  ];
  let state = seed;
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const rest = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join("");
  return PATH + (next(2) === 0 ? "?EIO=4&transport=polling&" : "") + rest;
}

test("what it calls a handshake or a session is one to Engine.IO, whatever the target", async () => {
  const server = createServer();
  const io = new Server(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(() => io.close());
  const seen: { one: EngineRequest; url: string; sid: string | undefined }[] = [];
  io.engine.use(({ url = "", _query: { sid } }: RequestOfEngine, _response: unknown, next: () => void) => {
    seen.push({ one: read(url), url, sid });
    next();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  for (let seed = 1; seed <= 300; seed += 1) {
    const raw = await openRaw(url);
    raw.write(
      Buffer.from(`GET ${oddTarget(seed)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, "latin1"),
    );
    await raw.readToEnd();
  }

  for (const { one, url, sid } of seen) {
    expect([url, one.kind]).not.toEqual([url, "other"]);
    if (one.kind === "handshake") expect([url, sid]).toEqual([url, undefined]);
    if (one.kind === "session") expect([url, sid]).toEqual([url, one.sessionId]);
  }
  expect([...new Set(seen.map(({ one }) => one.kind))].sort()).toEqual(["handshake", "malformed", "session"]);
});
