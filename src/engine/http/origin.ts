import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Config } from "../config/config.js";
import { hostnameIn, parseOrigin } from "../config/origins.js";
import { trustFunction } from "./client-address.js";

/** What a request's Host and Origin allow. */
export interface OriginGrant {
  /** False when ALLOWED_HOSTS does not have its Host: somebody else's name leads here, as in DNS rebinding. */
  readonly isOwnHost: boolean;
  /** A page of its origin may use the service. What is no browser, or reads its own origin, sends none. */
  readonly isAllowed: boolean;
  /** It may send cookies as well: its origin is the service's own, or listed by name or pattern. */
  readonly credentials: boolean;
}

/** CORS protects only what browsers fetch: a WebSocket handshake has to be checked by the server itself. */
export type OriginCheck = (request: AskedFrom) => OriginGrant;

/** What is read of a request; one without a socket is taken as not from a proxy. */
interface AskedFrom extends Pick<IncomingMessage, "headers"> {
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

/** Whether a request is for one of our hosts. */
export type HostCheck = (request: Pick<IncomingMessage, "headers">) => boolean;

/** Lets in those for a host of the list, or for any without one; `addresses` says whether any address is one of ours besides. */
export function createHostCheck(allowedHosts: readonly string[], addresses = false): HostCheck {
  return ({ headers: { host = "" } }) => {
    if (allowedHosts.length === 0) return true;
    const hostname = hostnameIn(host);
    if (hostname === undefined) return false;
    if (addresses && isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) return true;
    return allowedHosts.some((allowed) => matches(allowed, hostname));
  };
}

/** The rule for HTTP and Socket.IO alike. */
export function createOriginCheck({
  corsOrigins,
  allowedHosts,
  trustProxy,
}: Pick<Config, "corsOrigins" | "allowedHosts" | "trustProxy">): OriginCheck {
  const trusts = trustFunction(trustProxy);
  const isOwnHost = createHostCheck(allowedHosts);

  /**
   * How the page may have been asked for: TLS ends in front. Only a trusted proxy that says https is sure, as one behind
   * another that ends TLS says http.
   */
  function schemes({ headers, socket }: AskedFrom): readonly string[] {
    const [told] = String(headers["x-forwarded-proto"] ?? "").split(",");
    const isTls = told?.trim().toLowerCase() === "https" && trusts(socket?.remoteAddress ?? "", 0);
    return isTls ? ["https"] : ["http", "https"];
  }

  function isOwn(request: AskedFrom, origin: string): boolean {
    const { host } = request.headers;
    return (
      host !== undefined && schemes(request).some((scheme) => parseOrigin(`${scheme}://${host}`) === origin)
    );
  }

  return (request) => {
    const { origin: text } = request.headers;
    if (!isOwnHost(request)) return { isOwnHost: false, isAllowed: false, credentials: false };
    if (text === undefined) return { isOwnHost: true, isAllowed: true, credentials: false };
    const origin = parseOrigin(text);
    const isKnown =
      origin !== undefined &&
      (isOwn(request, origin) ||
        (corsOrigins !== "*" && corsOrigins.some((allowed) => matches(allowed, origin))));
    return {
      isOwnHost: true,
      isAllowed: isKnown || corsOrigins === "*",
      credentials: isKnown && corsOrigins !== "*",
    };
  };
}

/** A pattern has one `*`, for one or more labels of a name. */
function matches(allowed: string, text: string): boolean {
  const [start = "", end] = allowed.split("*");
  if (end === undefined) return text === allowed;
  return text.length > start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
