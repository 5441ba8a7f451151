import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { TrustProxy } from "../../src/engine/config/values.js";
import { createClientAddress } from "../../src/engine/http/client-address.js";

const CLIENT = "203.0.113.7";

/** A request that came from `peer` with this X-Forwarded-For. */
function requestFrom(peer: string | undefined, forwardedFor?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: peer });
  const request = new IncomingMessage(socket);
  if (forwardedFor !== undefined) request.headers["x-forwarded-for"] = forwardedFor;
  return request;
}

const addressOf = (trust: TrustProxy, peer: string | undefined, forwardedFor?: string) =>
  createClientAddress(trust)(requestFrom(peer, forwardedFor));

test.each<[string, TrustProxy, string, string | undefined, string]>([
  ["the peer when nobody is trusted", false, "10.0.0.1", CLIENT, "10.0.0.1"],
  ["the peer when nothing is forwarded", 1, "10.0.0.1", undefined, "10.0.0.1"],
  ["whom the last proxy has seen", 1, "10.0.0.1", `forged, ${CLIENT}`, CLIENT],
  ["whom the second last proxy has seen", 2, "10.0.0.1", `forged, ${CLIENT}, 10.0.0.2`, CLIENT],
  ["the farthest there is when more are trusted", 9, "10.0.0.1", `${CLIENT}, 10.0.0.2`, CLIENT],
  ["whom a proxy of a trusted range has seen", ["10.0.0.0/8"], "10.0.0.1", `forged, ${CLIENT}`, CLIENT],
  ["the first who is of no trusted range", ["10.0.0.0/8"], "10.0.0.1", `${CLIENT}, 10.9.9.9`, CLIENT],
  ["the peer that is of no trusted range", ["10.0.0.0/8"], "192.0.2.1", CLIENT, "192.0.2.1"],
  ["whom the machine itself has seen", ["loopback"], "::1", CLIENT, CLIENT],
  ["whom an IPv4 proxy on an IPv6 socket has seen", ["10.0.0.0/8"], "::ffff:10.0.0.1", CLIENT, CLIENT],
])("is %s", (_what, trust, peer, forwardedFor, expected) => {
  expect(addressOf(trust, peer, forwardedFor)).toBe(expected);
});

test.each<TrustProxy>([false, 1, ["loopback"]])(
  "is unknown of a connection that is broken already, trusting %p",
  (trust) => {
    expect(addressOf(trust, undefined)).toBe("unknown");
  },
);

const JUNK = [
  "junk",
  "012.0.0.1",
  "unknown",
  "_hidden",
  "1.2.3",
  "1.2.3.4.5:6",
  "999.1.1.1",
  "x".repeat(500),
  "::1::",
  "1.2.3.4:x",
];

test.each(JUNK)("is never what is no address: %s", (junk) => {
  expect(addressOf(1, "10.0.0.1", junk)).toBe("10.0.0.1");
  expect(addressOf(2, "10.0.0.1", `${junk}, ${CLIENT}`)).toBe(CLIENT);
  expect(addressOf(9, "10.0.0.1", `192.0.2.1, ${junk}, 10.0.0.2`)).not.toBe(junk);
  expect(addressOf(["10.0.0.0/8"], "10.0.0.1", `192.0.2.1, ${junk}, 10.0.0.2`)).toBe("10.0.0.2");
});

test.each([
  ["203.0.113.7:4711", CLIENT],
  ["[2001:db8::1]:4711", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["2001:db8::1", "2001:db8::1"],
])("is without the port that a proxy names: %s", (entry, address) => {
  expect(addressOf(1, "10.0.0.1", entry)).toBe(address);
  expect(addressOf(["10.0.0.0/8"], "10.0.0.1", `${entry}, 10.0.0.2:80`)).toBe(address);
});

test.each([
  ["fe80::1%eth0", "fe80::1"],
  [`2001:db8::1%${"x".repeat(7000)}`, "2001:db8::1"],
  [`[2001:db8::1%${"x".repeat(7000)}]:4711`, "2001:db8::1"],
  ["\t2001:db8::1\t", "2001:db8::1"],
])("is without the zone and the blanks that an entry has: %#", (entry, address) => {
  expect(addressOf(1, "10.0.0.1", entry)).toBe(address);
  expect(addressOf(["10.0.0.0/8"], "10.0.0.1", `192.0.2.1,${entry},\t10.0.0.2`)).toBe(address);
});

test("is that of a peer of the same link without its zone", () => {
  expect(addressOf(false, "fe80::1%eth0")).toBe("fe80::1");
  expect(addressOf(["fe80::/10"], "fe80::1%eth0", CLIENT)).toBe(CLIENT);
});
