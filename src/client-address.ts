import type { IncomingMessage } from "node:http";
import proxyAddr from "proxy-addr";
import type { TrustProxy } from "./config/values.js";

/** Tells which client a request comes from, seen through the proxies that are trusted. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * The same rule for HTTP and Socket.IO, which does not know Express's `trust proxy`. A connection that is broken already
 * has no address any more, and counts as "unknown".
 */
export function createClientAddress(trustProxy: TrustProxy): ClientAddress {
  const trust = trustFunction(trustProxy);
  return (request) => {
    const address: string | undefined = proxyAddr(request, trust);
    return address ?? "unknown";
  };
}

/** The rule as Express and proxy-addr take it: is the proxy at this address, this many hops away, believed? */
export function trustFunction(trustProxy: TrustProxy): (address: string, hop: number) => boolean {
  if (trustProxy === false) return () => false;
  if (typeof trustProxy === "number") return (_address, hop) => hop < trustProxy;
  return proxyAddr.compile([...trustProxy]);
}
