import type { Prng } from "../../chaos/prng.js";
import { oddRequests } from "../../contract/odd-requests.js";
import type { Made } from "../case.js";
import type { Material } from "../material.js";
import { cut, mutated } from "./bytes.js";
import { oddJson } from "./json.js";
import { usualName } from "./usual.js";

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling&t=x";
const TARGETS = [
  ...[
    "/",
    "/health",
    "/hello",
    "/docs/",
    "/docs",
    "/client/index.js",
    "/client/../../package.json",
    "/favicon.ico",
  ],
  ...[
    "/client/%2e%2e/%2e%2e/package.json",
    "/..%2f..%2fetc/passwd",
    "/client/index.js%00.html",
    "/%",
    "/%ff",
    "//",
    "/.",
  ],
  ...[
    "/metrics",
    "/livez",
    "/readyz",
    "/connections",
    "/openapi.json",
    "/asyncapi.json",
    "*",
    "",
    "?",
    "#",
    "http://x/",
  ],
  ...[
    "/socket.io/",
    "/socket.io/?EIO=3",
    "/socket.io/?EIO=4&transport=websocket",
    "/socket.io/?EIO=4&transport=x",
  ],
  ...[
    "/socket.io/?EIO=4&transport=polling&sid=1.AAAAAAAAAAAAAAAAAAAA",
    "/socket.io/?sid[]=1",
    `/${"a/".repeat(3000)}`,
  ],
  ...[
    `/hello?${"a=1&".repeat(1000)}`,
    "/hello?__proto__[x]=1",
    "/v1/",
    "/v1",
    "/rooms//messages",
    "/rooms/../messages",
  ],
];
const METHODS = [
  "GET",
  "GET",
  "GET",
  "POST",
  "POST",
  "POST",
  "DELETE",
  "OPTIONS",
  "HEAD",
  "PUT",
  "PATCH",
  "TRACE",
];
const MORE = [
  ...[
    "Origin: http://elsewhere.example",
    "Origin: null",
    "Accept-Encoding: gzip",
    "Range: bytes=0-0,-1",
    "Range: bytes=9-1",
  ],
  ...[
    "If-None-Match: *",
    "If-Modified-Since: x",
    "Expect: 100-continue",
    "Expect: x",
    "X-Forwarded-For: 1.2.3.4, ::1, x",
  ],
  ...[
    "X-Shoal-Relayed: 1",
    "X-Request-Id: a b",
    "X-User-Id: user-1",
    "X-User-Id: \xff",
    "Cookie: a=b",
    "Connection: close",
  ],
  ...[
    "Content-Encoding: gzip",
    "Content-Type: multipart/form-data; boundary=x",
    "Access-Control-Request-Method: POST",
  ],
  ...[
    "Upgrade: websocket",
    "Connection: Upgrade\r\nUpgrade: h2c",
    "Trailer: X",
    "Host: other",
    "X-Long: ".padEnd(9000, "y"),
  ],
];

/** Authorization in every form, with the right proof and with others. */
function authorization(prng: Prng, text: string): string {
  const other = Buffer.from(`user:${text}`).toString("base64");
  return prng.pick([
    ...Array.from({ length: 6 }, () => `Authorization: Bearer ${text}`),
    ...[`authorization: bearer ${text}`, `Authorization: Bearer  ${text}`, `Authorization: Bearer\t${text}`],
    ...["Authorization: Bearer", "Authorization:", `Authorization: ${text}`, `Authorization: Basic ${other}`],
    ...[
      `Authorization: Bearer ${text}, Bearer ${text}`,
      `Authorization: Bearer ${text} x`,
      "Authorization: Basic !",
    ],
    ...[
      `Authorization: Bearer ${text}\r\nAuthorization: Bearer x`,
      `Authorization: Token ${text}`,
      "Authorization: Digest a=b",
    ],
    ...[
      `Authorization: Bearer ${text}\xff`,
      `Authorization: Bearer\r\n ${text}`,
      `Authorization: Bearer ${"x".repeat(12_000)}`,
    ],
  ]);
}

function request(prng: Prng, material: Material, proof: string | undefined): string {
  const route = prng.pick(material.routes);
  const declared = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => usualName(prng, name) ?? "x");
  const isDeclared = prng.chance(0.6);
  const method = isDeclared && prng.chance(0.8) ? route.method : prng.pick(METHODS);
  const target = isDeclared ? declared : prng.pick(TARGETS);
  const lines = ["Host: shoal"];
  if (proof !== undefined) lines.push(authorization(prng, proof));
  for (let left = prng.pick([0, 0, 1, 1, 2, 4]); left > 0; left -= 1) lines.push(prng.pick(MORE));
  const hasBody = ["POST", "PUT", "PATCH"].includes(method) || prng.chance(0.1);
  const body = hasBody ? Buffer.from(oddJson(prng)).toString("latin1") : "";
  if (hasBody) lines.push("Content-Type: application/json", `Content-Length: ${body.length + wrongBy(prng)}`);
  const query = proof !== undefined && prng.chance(0.05) ? `?token=${encodeURIComponent(proof)}` : "";
  return `${method} ${target}${query} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

function wrongBy(prng: Prng): number {
  return prng.chance(0.97) ? 0 : prng.pick([-1, 1, 1000]);
}

/** HTTP as bytes: heads, framings, targets, authorization, requests in a row, and all of it with changed bytes. */
export function http(prng: Prng, material: Material): Made {
  const proof = prng.chance(0.5) ? material.proofs.key(prng) : material.proofs.token(prng);
  const count = prng.pick([1, 1, 1, 2, 3]);
  const isOdd = prng.chance(0.35);
  const odd = oddRequests(prng, prng.chance(0.5) ? HANDSHAKE : prng.pick(TARGETS));
  const text = isOdd
    ? odd.bytes
    : Array.from({ length: count }, () => request(prng, material, proof.text)).join("");
  const bytes = Buffer.from(text, "latin1");
  const inputs = isOdd ? odd.count : count;
  return {
    proof: isOdd ? "none" : proof.kind,
    inputs,
    way: {
      via: "http",
      answers: inputs,
      writes: cut(prng, prng.chance(0.35) ? mutated(prng, bytes) : bytes),
    },
  };
}
