import type { IncomingMessage } from "node:http";
import { parse } from "cookie";
import { AppError } from "../../../contract/errors.js";

/** What is read of a request that may have a cookie. */
export interface CookieRequest extends Pick<IncomingMessage, "headers" | "method"> {
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Whether a page of the request's `Origin` may send cookies; not where it has none. */
export type AllowsCookies = (request: CookieRequest) => boolean;

/** Finds tokens in cookies. Both give undefined when there is no such cookie. */
export interface CookieTokens {
  /** Of what opens a connection. @throws {AppError} `forbidden` when it is not sure that a page that may send cookies has sent it. */
  ofHandshake(request: CookieRequest): string | undefined;
  /** The same; of what changes nothing only a page that may not is refused. */
  ofRequest(request: CookieRequest): string | undefined;
}

/** Methods that change nothing. */
const SAFE = ["GET", "HEAD"];

const REFUSAL =
  "A token in a cookie is taken from pages of this service and of CORS_ORIGIN only: the request needs such an Origin";

/**
 * Browsers send a cookie whichever page has made the request, so that it says who somebody is, and not that he wants it. `name`: empty for none.
 */
export function createCookieTokens(name: string, allowsCookies: AllowsCookies): CookieTokens {
  function cookieOf({ headers }: CookieRequest): string | undefined {
    if (name === "" || headers.cookie === undefined) return undefined;
    const cookies = parse(headers.cookie);
    return Object.hasOwn(cookies, name) ? cookies[name] : undefined;
  }

  /** Browsers leave `Origin` out of GET requests of a page to its own origin, such as the first one by polling; they say this instead. */
  function isOfOwnPage({ headers }: CookieRequest): boolean {
    return headers.origin === undefined && headers["sec-fetch-site"] === "same-origin";
  }

  return {
    ofHandshake(request) {
      const token = cookieOf(request);
      if (token === undefined || allowsCookies(request) || isOfOwnPage(request)) return token;
      throw new AppError("forbidden", REFUSAL);
    },
    ofRequest(request) {
      const token = cookieOf(request);
      const isHarmless = SAFE.includes(request.method ?? "") && request.headers.origin === undefined;
      if (token === undefined || allowsCookies(request) || isOfOwnPage(request) || isHarmless) return token;
      throw new AppError("forbidden", REFUSAL);
    },
  };
}
