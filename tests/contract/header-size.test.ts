import { maxHeaderSize } from "node:http";
import { openPollingSession } from "../cluster/support/polling-session.js";
import { openRaw } from "../cluster/support/raw-connection.js";
import { connectionAt } from "../cluster/support/two-workers.js";
import { startMongo } from "../support/mongo.js";
import { spawnPeers } from "../support/spawn-peers.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

// A relay adds lines to a header; what a client may send does not depend on it.

let peers: Shoal[];

beforeAll(async () => {
  const mongo = await startMongo();
  const place = (routing: string) => ({ workers: 2, env: { ROUTING: routing } });
  peers = await spawnPeers(mongo.uriFor(), [place("forward"), place("forward"), place("sticky")]);
});

/** A request whose target, names and values have `bytes` bytes. */
function padded(start: string, lines: string[], bytes: number, body = ""): string {
  const [, target = ""] = start.split(" ");
  const counted = target.length + lines.join("").length - 2 * lines.length + "X-Padding".length;
  return `${[start, `X-Padding: ${"x".repeat(bytes - counted)}`, ...lines].join("\r\n")}\r\n\r\n${body}`;
}

const ofLength = (path: string, bytes: number) =>
  padded(`POST ${path} HTTP/1.1`, ["Host: shoal", "Content-Length: 1"], bytes, "3");
const upgrade = (path: string, bytes: number) =>
  padded(
    `GET ${path.replace("polling", "websocket")} HTTP/1.1`,
    [
      ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ],
    bytes,
  );

const TOO_LARGE = "431 Request Header Fields Too Large";

test.each([
  ["POST", ofLength, "200 OK", maxHeaderSize - 1],
  ["POST", ofLength, TOO_LARGE, maxHeaderSize],
  ["POST", ofLength, TOO_LARGE, maxHeaderSize + 2000],
  ["upgrade", upgrade, "101 Switching Protocols", maxHeaderSize - 1],
  ["upgrade", upgrade, TOO_LARGE, maxHeaderSize],
])("the header of a %s gets the same answer on every way", async (_what, request, status, bytes) => {
  for (const owner of peers) {
    for (const { url } of peers) {
      const isSticky = url === peers.at(-1)?.url; // a connection of its own for each request
      const open = isSticky
        ? [openRaw(url)]
        : [openRaw(url), connectionAt({ url }, 1), connectionAt({ url }, 2)];
      for (const connection of await Promise.all(open)) {
        const { path } = await openPollingSession(owner.url);
        const before = connection.received().length;
        connection.socket.write(request(path, bytes));
        const answer = () => connection.received().slice(before);
        await eventually(() => expect(answer()).toMatch(/^HTTP\/1.1 [\s\S]*\r\n\r\n/));
        expect(answer()).toMatch(`HTTP/1.1 ${status}\r\n`);
        connection.socket.destroy();
      }
    }
  }
});
