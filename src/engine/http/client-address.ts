import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyAddr from "proxy-addr";
import type { TrustProxy } from "../config/values.js";

/** Tells which client a request comes from, seen through the proxies that are trusted. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * The same rule for HTTP and Socket.IO, which does not know Express's `trust proxy`. Entries that are no addresses, which
 * anybody can send, are never taken: the nearest address before them is. A broken connection has no
 * address, and counts as "unknown".
 */
export function createClientAddress(trustProxy: TrustProxy): ClientAddress {
  const trust = trustFunction(trustProxy);
  return (request) => {
    // The nearest first, up to the first one that is not trusted.
    const addresses: readonly (string | undefined)[] = proxyAddr.all(request, trust);
    return addresses.map(addressIn).findLast((address) => isIP(address) !== 0) ?? "unknown";
  };
}

/**
 * Some proxies name a client with its port, or after a tab. The zone of an IPv6 address (`%eth0`) says nothing elsewhere,
 * and whoever sends one may make it as long as a header.
 */
function addressIn(entry = ""): string {
  const text = entry.trim();
  const [, v6, v4] = /^(?:\[([\da-f:.]+)(?:%[^\]]*)?\](?::\d+)?|([\d.]+):\d+)$/i.exec(text) ?? [];
  return v6 ?? v4 ?? text.replace(/%.*$/, "");
}

/** The rule as Express and proxy-addr take it: is the proxy at this address, this many hops away, believed? */
export function trustFunction(trustProxy: TrustProxy): (address: string, hop: number) => boolean {
  if (trustProxy === false) return () => false;
  if (typeof trustProxy === "number") return (_address, hop) => hop < trustProxy;
  const trusts = proxyAddr.compile([...trustProxy]);
  return (entry, hop) => {
    const address = addressIn(entry);
    return isIP(address) !== 0 && trusts(address, hop);
  };
}
