import type { Prng } from "../chaos/prng.js";

/** What is sent on one connection about one session. Bytes, one character each. */
export interface OddRequests {
  readonly bytes: string;
  /** Where they are cut into packets, as parts of their length. */
  readonly cuts: readonly number[];
  /** Answers that it is to get, if it is well-formed. */
  readonly count: number;
  /** Whether the body has a mistake: how much of it was carried out before that was seen depends on the way. */
  readonly isBroken: boolean;
}

type Part = (prng: Prng, path: string) => string;

const JOIN = (prng: Prng): string => `42${prng.int(0, 9)}["join",{"room":"fuzz-${prng.int(0, 9)}"}]`;
const HIDDEN = (prng: Prng, path: string): string => {
  const body = `421${prng.int(0, 9)}["join",{"room":"hidden"}]`;
  return `POST ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

const BODIES: readonly Part[] = [
  ...[JOIN, JOIN, JOIN, HIDDEN],
  ...["", "3", "2", "1", "6", "7", "\x1e", "3\x1e3", "40", "4", "bAAEC", "x".repeat(2000), "42[", "[]"].map(
    (text) => () => text,
  ),
  () => '{"name":"Ada"}',
];

const METHODS = [
  ...["GET", "GET", "POST", "POST", "POST", "POST"],
  ...["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "get", "BREW"],
];

const TARGETS: readonly string[] = [
  ...Array.from({ length: 24 }, () => "PATH"),
  ...["http://shoal/PATH", "http://shoalPATH", "https://elsewhere.example:1PATH", "//shoalPATH", "*", "/"],
  ...[
    "PATH&sid=",
    "PATH&sid=x",
    "PATH&s%69d=x",
    "PATH&SID=x",
    "PATH#x",
    "PATH?",
    "PATH&&",
    "PATH%20",
    "PATH+",
  ],
  ...["PATH&t=%zz", "PATH&b64=1", "PATH&j=0", "PATH&transport=polling", "PATH&transport=websocket", "PATH;x"],
  ...[
    "PATH&EIO=3",
    "PATH&x=%0d%0a",
    "PATH\\",
    "PATH&x=é",
    'PATH&x="<>',
    "/./PATH",
    "/x/..PATH",
    "/%73ocket.ioPATH",
  ],
  ...["/hello", "/hello?name=%zz", "/hello", "/nowhere", "/socket.io", "/socket.iox", "/socket.io/x"],
  ...[
    "/socket.io/?EIO=4&transport=polling&sid=1.aaaaaaaaaaaaaaaaaaaaaa",
    "/socket.io/?sid=%2e",
    "/socket.io/?",
  ],
];

const VERSIONS = ["1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.1", "1.0", "1.0", "0.9", "1.2", "2.0"];

const HEADERS: readonly string[] = [
  ...[
    "Host: other",
    "Host:",
    "hOST: shoal",
    " Host: folded",
    "X-Folded: a\r\n b",
    "X-Folded: a\r\n\tb",
    "X-Empty:",
  ],
  ...[
    "X Bad: 1",
    "X-Bad : 1",
    ": 1",
    "NoColon",
    "X-Latin: \xe9\xff",
    "X-Nul: a\0b",
    "X-Cr: a\rb",
    "X-Lf: a\nX-B: c",
  ],
  ...[
    "Connection: close",
    "Connection: keep-alive",
    "Connection: Keep-Alive, close",
    "Connection: x-private",
  ],
  ...[
    "Connection: host",
    "Connection: content-length",
    "Connection: keep-alive, Transfer-Encoding",
    "Connection:",
  ],
  ...[
    "Connection: x-forwarded-for",
    "Connection: X-Shoal-Relayed",
    "Connection: cookie, content-type",
    "Connection: ,,",
  ],
  ...[
    "X-Private: 1",
    "Proxy-Connection: keep-alive",
    "Keep-Alive: timeout=1",
    "TE: trailers",
    "Trailer: X-Late",
  ],
  ...[
    "Expect: 100-continue",
    "Expect: 100-Continue",
    "Expect: something",
    "Upgrade: h2c",
    "Upgrade: websocket",
  ],
  ...[
    "Connection: Upgrade\r\nUpgrade: h2c",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA",
  ],
  ...["Connection: Upgrade\r\nUpgrade: websocket", "Connection: Upgrade\r\nUpgrade: TLS/1.0, websocket"],
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: short",
  ...[
    "Content-Encoding: gzip",
    "Content-Encoding: identity",
    "Content-Encoding: utf-8",
    "Content-Encoding: nonsense",
  ],
  ...[
    "Content-Type: application/json",
    "Content-Type: text/plain;charset=UTF-8",
    "Content-Type: application/octet-stream",
  ],
  ...["Origin: http://elsewhere.example", "Access-Control-Request-Method: POST", "Accept-Encoding: gzip, br"],
  ...[
    "Cookie: a=b",
    "Cookie: a=b\r\nCookie: c=d",
    "Authorization: Basic eDp5",
    "X-Forwarded-For: 1.2.3.4, junk",
  ],
  ...["X-Forwarded-Proto: https", "X-HTTP-Method-Override: DELETE", "Range: bytes=0-1", "If-None-Match: *"],
  ...[`X-Long: ${"y".repeat(9000)}`, `X-Too-Long: ${"y".repeat(17_000)}`, "X-A: 1\r\n".repeat(300).trimEnd()],
];

/** A header that says where a body ends, and the body in that form. */
type Framing = (body: string, prng: Prng) => readonly [header: string, body: string];

const byLength: Framing = (body) => [`Content-Length: ${body.length}\r\n`, body];
const inChunks: Framing = (body, prng) => ["Transfer-Encoding: chunked\r\n", chunked(body, prng)];

const FRAMINGS: readonly Framing[] = [
  ...[byLength, byLength, byLength, byLength, inChunks, inChunks, inChunks],
  (body) => [`Content-Length: ${body.length}\r\nContent-Length: ${body.length}\r\n`, body],
  (body) => [`Content-Length: ${body.length}\r\nContent-Length: ${body.length + 1}\r\n`, body],
  (body) => [`Content-Length: ${body.length}, ${body.length}\r\n`, body],
  (body, prng) => {
    const [before, after] = [
      prng.pick(["+", "-", "0x", "0", " ", "\t", "00000000000000000000", "\x0b"]),
      prng.pick(["", " ", "\t", ";", ".0"]),
    ];
    return [`Content-Length: ${before}${body.length}${after}\r\n`, body];
  },
  (body) => [`Content-Length: ${"9".repeat(25)}\r\n`, body],
  (body, prng) => ["Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", chunked(body, prng)],
  (body, prng) => ["Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", chunked(body, prng)],
  (body, prng) => [`Transfer-Encoding:${prng.pick(CODINGS)}\r\n`, chunked(body, prng)],
];

const CODINGS = [
  ...[
    "\tchunked\t",
    " Chunked",
    " chunked, chunked",
    " gzip, chunked",
    " chunked, identity",
    " identity",
    " xchunked",
  ],
  ...[
    "\x0bchunked",
    " chunked\r\nTransfer-Encoding: identity",
    " \r\n chunked",
    " chunked;q=1",
    ' "chunked"',
    "",
    ",",
  ],
  ...[" chunked\r\nTransfer-Encoding: chunked", " chunked\r\nTransfer-Encoding : x"],
];

function chunked(body: string, prng: Prng): string {
  let text = "";
  for (let rest = body; rest !== ""; ) {
    const size = prng.chance(0.7) ? rest.length : prng.int(1, rest.length);
    const hex = size.toString(16);
    const written = prng.pick([hex, hex, hex.toUpperCase(), `00${hex}`]);
    text += `${written}${prng.pick(EXTENSIONS)}\r\n${rest.slice(0, size)}\r\n`;
    rest = rest.slice(size);
  }
  return `${text}${prng.pick(["0", "0", "0", "000", "0;a=b"])}\r\n${prng.pick(TRAILERS)}\r\n`;
}

const EXTENSIONS = [...Array.from({ length: 8 }, () => ""), ";a", ";a=b", ';a="b"', ";a;b=c"];
const TRAILERS = ["", "", "", "X-Late: 1\r\n", "Host: late\r\n", "X-Shoal-Relayed: 1\r\n"];

/** A mistake in a body that is carried out if it is not seen. */
function broken(body: string, prng: Prng): string {
  const right = chunked(body || "3", prng);
  const at = prng.int(0, 7);
  const wrong = [
    right.replace("\r\n", "\n"),
    right.replace("\r\n", " \r\n"),
    right.replace("\r\n", ";\0\r\n"),
    right.replace(/\r\n0/, "x\r\n0"),
    right.replace(/\r\n0/, "\n0"),
    right.replace(/\r\n$/, "Bad trailer\r\n\r\n"),
    right.replace(/\r\n$/, "Content-Length: 9\r\n\r\n"),
    `-${right}`,
  ];
  return wrong[at] ?? right;
}

function oddRequest(prng: Prng, path: string): { text: string; isBroken: boolean } {
  const method = prng.pick(METHODS);
  const target = prng.pick(TARGETS);
  const isBroken = method === "POST" && target.startsWith("PATH") && prng.chance(0.15);
  const body = method === "POST" || prng.chance(0.2) ? prng.pick(BODIES)(prng, path) : "";
  const isBare = body === "" && method !== "POST" && prng.chance(0.8);
  const [length, framed] = isBroken
    ? ["Transfer-Encoding: chunked\r\n", broken(body, prng)]
    : isBare
      ? ["", ""]
      : prng.pick(FRAMINGS)(body, prng);
  // Node (24 and 26) tells of no mistake in the body of a request that has offered an upgrade: nobody answers it in time.
  const lines = Array.from(
    { length: prng.pick([0, 0, 1, 1, 1, 2, 3]) },
    () => `${prng.pick(HEADERS)}\r\n`,
  ).filter((line) => !isBroken || !line.includes("Upgrade"));
  const host = prng.chance(0.95) ? "Host: shoal\r\n" : "";
  const header = prng.chance(0.5) ? [host, ...lines, length] : [...lines, length, host];
  const line = `${prng.chance(0.03) ? "\r\n" : ""}${method} ${target} HTTP/${prng.pick(VERSIONS)}`;
  return { text: `${line}\r\n${header.join("")}\r\n${framed}`, isBroken };
}

/** One that is well-formed and leaves the connection open, so that more may follow. */
function plainRequest(prng: Prng): string {
  const [length, framed] = prng.pick([byLength, inChunks])(JOIN(prng), prng);
  const ofSession = ["HEAD", "PUT", "OPTIONS"].map(
    (method) => `${method} PATH HTTP/1.1\r\nHost: shoal\r\n\r\n`,
  );
  const post = `POST PATH HTTP/1.1\r\nHost: shoal\r\n${length}\r\n${framed}`;
  return prng.pick([post, post, post, ...ofSession, "GET /hello HTTP/1.1\r\nHost: shoal\r\n\r\n"]);
}

/**
 * One request that is valid, nearly valid, or such that two readers might read it differently; or several plain ones, sent
 * without waiting. A mistake behind a request that is not answered yet is left out: it is a race who speaks first.
 */
export function oddRequests(prng: Prng, path: string): OddRequests {
  const count = prng.pick([1, 1, 1, 1, 2, 3]);
  const several = (): string => {
    const before = Array.from({ length: count - 1 }, () => plainRequest(prng)).join("");
    return before + (prng.chance(0.5) ? plainRequest(prng) : "GET PATH HTTP/1.1\r\nHost: shoal\r\n\r\n");
  };
  const { text, isBroken } = count === 1 ? oddRequest(prng, path) : { text: several(), isBroken: false };
  const cuts = Array.from({ length: prng.pick([0, 0, 0, 1, 2]) }, () => prng.next());
  return {
    bytes: text.replaceAll("PATH", path),
    cuts: cuts.sort((one, other) => one - other),
    count,
    isBroken,
  };
}
