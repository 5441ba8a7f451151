import type { IncomingMessage } from "node:http";
import { isAmbiguous } from "../../src/engine/routing/worker/relay-headers.js";
import { headOf, withoutUpgrade } from "../../src/engine/routing/worker/replay.js";
import { newSessionId, ownerOf, sessionAskedFor } from "../../src/engine/routing/worker/session-owner.js";

describe("a session id", () => {
  test("tells its owner, and no two are alike", () => {
    const ids = Array.from({ length: 100 }, () => newSessionId(7, ""));
    expect(new Set(ids).size).toBe(100);
    expect(ids.map((id) => ownerOf(id, ""))).toEqual(ids.map(() => 7));
  });

  test.each([
    "",
    "7",
    "7.",
    "7.short",
    "x.aaaaaaaaaaaaaaaaaaaaaa",
    "../7.aaaaaaaaaaaaaaaaaaaaaa",
    "-1.aaaaaaaaaaaaaaaaaaaaaa",
  ])("of another form has no owner: %j", (id) => expect(ownerOf(id, "")).toBeUndefined());

  test("has its owner only in the instance that made it", () => {
    const id = newSessionId(7, ".aaaaaaaa");
    expect(["", ".aaaaaaaa", ".bbbbbbbb"].map((suffix) => ownerOf(id, suffix))).toEqual([
      undefined,
      7,
      undefined,
    ]);
    expect(ownerOf(newSessionId(7, ""), ".aaaaaaaa")).toBeUndefined();
  });
});

describe("the first line of a connection", () => {
  const asked = (text: string) => sessionAskedFor(Buffer.from(text), "/socket.io/");

  test.each(["GET", "POST"])("tells the session that a %s is for", (method) => {
    expect(asked(`${method} /socket.io/?EIO=4&sid=7.abc HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe("7.abc");
  });

  test.each([
    ["that is not whole", "GET /socket.io/?EIO=4&sid=7.abc HTTP/1."],
    ["of another method", "PUT /socket.io/?EIO=4&sid=7.abc HTTP/1.1\r\n\r\n"],
    ["of a handshake", "GET /socket.io/?EIO=4 HTTP/1.1\r\n\r\n"],
    ["of another path", "GET /hello?sid=7.abc HTTP/1.1\r\n\r\n"],
    ["with two ids", "GET /socket.io/?sid=7.abc&sid=8.abc HTTP/1.1\r\n\r\n"],
    ["that is no request", "\u0016\u0003\u0001\r\n\r\n"],
    ["that is empty", "\r\n\r\n"],
  ])("tells none in a request %s", (_what, text) => expect(asked(text)).toBeUndefined());

  const post = "POST /socket.io/?EIO=4&sid=7.abc HTTP/1.1\r\nHost: a";

  test("tells the session of a request whose body is there", () => {
    expect(asked(`${post}\r\nContent-Length: 1\r\n\r\n3`)).toBe("7.abc");
  });

  test.each([
    ["the header is not whole", `${post}\r\n`],
    ["the body is still coming", `${post}\r\nContent-Length: 2\r\n\r\n3`],
    ["something follows", `${post}\r\nContent-Length: 1\r\n\r\n3G`],
    ["the body comes in chunks", `${post}\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["the body is waited for", `${post}\r\nExpect: 100-continue\r\n\r\n`],
    ["two lengths are told", `${post}\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n`],
  ])("tells none if %s", (_what, text) => expect(asked(text)).toBeUndefined());
});

test("a request that offers an upgrade is the same without the offer", () => {
  const lines = ["Host", "a", "Connection", "Upgrade, keep-alive, HTTP2-Settings", "Upgrade", "h2c"];
  const kept = withoutUpgrade([...lines, "HTTP2-Settings", "AAMA", "Content-Length", "3"]);
  expect(kept).toEqual(["Host", "a", "Connection", "keep-alive", "Content-Length", "3"]);
  const request = { method: "POST", url: "/hello", httpVersion: "1.1" } as IncomingMessage;
  expect(headOf(request, kept.slice(0, 2)).toString()).toBe("POST /hello HTTP/1.1\r\nHost: a\r\n\r\n");
});

describe("a request for a session elsewhere", () => {
  const request = (rawHeaders: string[], headers = {}) =>
    ({ rawHeaders, headers }) as unknown as IncomingMessage;

  test.each(["content-length", "Transfer-Encoding", "HOST", "close, Content-Length", "x, X-Shoal-Relayed"])(
    "is ambiguous if its Connection names %s",
    (value) => expect(isAmbiguous(request(["connection", value]))).toBe(true),
  );

  test("is ambiguous if its body has another coding than chunked", () => {
    expect(isAmbiguous(request([], { "transfer-encoding": "gzip, chunked" }))).toBe(true);
    expect(isAmbiguous(request([], { "transfer-encoding": "Chunked" }))).toBe(false);
  });

  test("is not if its Connection names what is its own", () => {
    expect(isAmbiguous(request(["Connection", "keep-alive, X-Mine, Upgrade"]))).toBe(false);
  });
});
