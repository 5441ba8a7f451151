import type { IncomingMessage } from "node:http";
import { instanceKey, keyIn, sessionSuffix } from "../../src/engine/routing/peers/instance-key.js";
import { endToEnd, relayedHeaders } from "../../src/engine/routing/worker/relay-headers.js";
import { createRelayProof } from "../../src/engine/routing/worker/relay-proof.js";
import { newSessionId } from "../../src/engine/routing/worker/session-owner.js";

const kept = ["Host", "shoal", "Cookie", "a=1", "Cookie", "b=2", "Content-Length", "3"];
const dropped = [
  ...["Connection", "keep-alive, X-Mine", "Keep-Alive", "timeout=5", "TE", "trailers"],
  ...["Transfer-Encoding", "chunked", "Upgrade", "h2c", "Expect", "100-continue"],
];

/** What its sender says is of its connection, too. */
const named = ["X-Mine", "1"];

test("a client gets all headers of an answer but those of the connection", () => {
  expect(endToEnd([...dropped, ...named, ...kept])).toEqual(kept);
});

test("a relayed request says by whom it came, and that it was relayed", () => {
  const forwarded = ["X-Forwarded-For", "192.0.2.1", "x-forwarded-proto", "https", "x-shoal-relayed", "0"];
  const request = {
    rawHeaders: [...dropped, ...named, ...kept, ...forwarded],
    headers: { host: "shoal", "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" },
    socket: { remoteAddress: "192.0.2.9" },
  };

  const added = ["X-Forwarded-For", "192.0.2.1, 192.0.2.9", "X-Forwarded-Proto", "https", "X-Shoal-Relayed"];
  const proof = createRelayProof("aaaaaaaa", ["s".repeat(32)]);
  const lines = relayedHeaders(request as unknown as IncomingMessage, proof);
  // The session's own worker heeds what Connection names.
  expect(lines).toEqual([
    ...named,
    ...kept,
    ...added,
    expect.stringMatching(/^1\.aaaaaaaa\.\d{13}\.[\w-]{43}$/),
  ]);
});

describe("a session id's key", () => {
  test("is that of the instance's name, if others are to find it", () => {
    const suffix = sessionSuffix({ peerUrl: "http://pod:3000", instance: "one" });
    expect(suffix).toMatch(/^\.[\w-]{8}$/);
    expect(keyIn(newSessionId(7, suffix))).toBe(instanceKey("one"));
    expect(instanceKey("one")).not.toBe(instanceKey("two"));
    expect(sessionSuffix({ peerUrl: "", instance: "one" })).toBe("");
  });

  test.each([
    "",
    "aaaaaaaaaaaaaaaaaaaa",
    "7.aaaaaaaaaaaaaaaaaaaaaa",
    "7.a.aaaaaaaaa",
    "a.aaaa%2faa",
    "a.aaaaaaa",
  ])("is in no other id: %j", (id) => expect(keyIn(id)).toBeUndefined());
});
