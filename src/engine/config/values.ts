import { BlockList, isIP } from "node:net";
import { makeExactValidator } from "envalid";
import { type ApiKey, parseApiKeysVariable } from "./api-keys.js";
import { parseHostPattern, parseOriginPattern } from "./origins.js";
import { disagreement, parseRedisUrl, refuseControls } from "./redis-url.js";

// No message here repeats the value it refuses: it may hold a password.

/** Proxies whose forwarding headers are believed: none, the last n hops, or those with these addresses. */
export type TrustProxy = false | number | readonly string[];

/** Validator of a whole number in the given range, both ends included. */
export function integer(min: number, max: number) {
  return makeExactValidator<number>((input) => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < min || value > max) {
      throw new TypeError(`must be a whole number from ${min} to ${max}`);
    }
    return value;
  });
}

/** How often something may happen: so often a second, and so often at once after a rest. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A rate, or that there is none. */
export type RateSetting = Rate | "off";

const MOST_PER_SECOND = 1_000_000;

/** Validator of `rate,burst`, two whole numbers from 1 to 1,000,000, or `off`. */
export const rate = makeExactValidator<RateSetting>((input) => {
  if (input === "off") return "off";
  const [perSecond = 0, burst = 0, ...rest] = list(input).map((part) =>
    /^\d+$/.test(part) ? Number(part) : 0,
  );
  const isInRange = [perSecond, burst].every((value) => value >= 1 && value <= MOST_PER_SECOND);
  if (!isInRange || rest.length > 0)
    throw new TypeError(
      `must be off, or what may come a second and at once, such as 10,50: two whole numbers from 1 to ${MOST_PER_SECOND}`,
    );
  return { perSecond, burst };
});

/** A rate as {@link rate} reads it. */
export function rateInWords(setting: RateSetting): string {
  return setting === "off" ? setting : `${setting.perSecond},${setting.burst}`;
}

/** Validator of one of the given words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return makeExactValidator<Word>((input) => {
    const word = words.find((candidate) => candidate === input);
    if (word === undefined) throw new TypeError(`must be one of ${words.join(", ")}`);
    return word;
  });
}

/** Validator of a comma-separated list of some of the given words. */
export function someOf<const Word extends string>(words: readonly Word[]) {
  return makeExactValidator<readonly Word[]>((input) =>
    list(input).map((part) => {
      const word = words.find((candidate) => candidate === part);
      if (word === undefined) throw new TypeError(`must be some of ${words.join(", ")}, separated by commas`);
      return word;
    }),
  );
}

/** Validator of a name that is safe in logs, channel names and metric labels. */
export const identifier = makeExactValidator<string>((input) => {
  if (!/^[\w.:-]{1,64}$/.test(input))
    throw new TypeError("must be 1 to 64 letters, digits or any of _ . : -");
  return input;
});

/** Validator of a text in one line, such as an address or a path. */
export const line = makeExactValidator<string>((input) => {
  const text = input.trim();
  if (text === "") throw new TypeError("must not be blank");
  refuseControls(text);
  return text;
});

/** Validator of a MongoDB connection string; the driver judges the rest of it. */
export const mongodbUri = makeExactValidator<string>((input) => {
  const uri = input.trim();
  if (!/^mongodb(\+srv)?:\/\/[^/]/.test(uri))
    throw new TypeError("must begin with mongodb:// or mongodb+srv://");
  refuseControls(uri);
  // The driver takes an empty host, and finds out where nobody can catch the error.
  const [, hosts = ""] = /^[^:]+:\/\/(?:[^/?@]*@)?([^/?]*)/.exec(uri) ?? [];
  if (hosts.split(",").includes("")) throw new TypeError("must name a host before, between and after commas");
  return uri;
});

/** Characters of a secret: fewer may be guessed. */
const SECRET_LENGTH = 32;

/** Validator of a secret, which is taken as it is. */
export const secret = makeExactValidator<string>((input) => {
  refuseControls(input);
  if (input.length < SECRET_LENGTH || input.trim() !== input)
    throw new TypeError(`must be at least ${SECRET_LENGTH} characters, with no space before or after`);
  return input;
});

/** Validator of the address of an HTTP server, for others: scheme, host and port, nothing else. */
export const serverUrl = makeExactValidator<string>((input) => {
  const isOrigin = URL.canParse(input) && [input, `${input}/`].includes(new URL(input).href);
  if (!isOrigin || !/^http:\/\/[^/]+\/?$/.test(input) || new URL(input).username !== "")
    throw new TypeError("must be http://, a host and a port, and nothing else");
  const { hostname, port, origin } = new URL(input);
  if (["0.0.0.0", "[::]"].includes(hostname) || port === "0")
    throw new TypeError("must be an address that others can reach, not 0.0.0.0, [::] or port 0");
  return origin;
});

/** Validator of an address that is asked over HTTP: no user and no password in it, as it is told in logs. */
export const httpUrl = makeExactValidator<string>((input) => {
  refuseControls(input);
  if (!/^https?:\/\/[^/?#]/i.test(input) || !URL.canParse(input))
    throw new TypeError("must be an https:// or http:// URL");
  const { username, password, href } = new URL(input);
  if (username !== "" || password !== "") throw new TypeError("must not have a user or a password");
  return href;
});

/** Validator of a comma-separated list of Redis URLs, which only {@link parseRedisUrl} reads. */
export const redisUrls = makeExactValidator<readonly string[]>((input) => {
  const urls = list(input);
  const problem = disagreement(urls.map(parseRedisUrl));
  if (problem !== undefined) throw new TypeError(problem);
  return urls;
});

/** Validator of `*` or a comma-separated list of origins and patterns, as browsers send them: scheme, host and port, no path. */
export const origins = makeExactValidator<"*" | readonly string[]>((input) => {
  if (input === "*") return "*";
  return list(input).map((text) => {
    const origin = parseOriginPattern(text);
    if (origin !== undefined) return origin;
    throw new TypeError(
      "must be * or origins such as https://app.example.com and https://*.example.com, separated by commas",
    );
  });
});

/** Validator of a comma-separated list of host names and patterns. */
export const hosts = makeExactValidator<readonly string[]>((input) => {
  return list(input).map((text) => {
    const host = parseHostPattern(text);
    if (host !== undefined) return host;
    throw new TypeError(
      "must be host names such as app.example.com and *.example.com, without ports, separated by commas",
    );
  });
});

/** Validator of the keys of the server API, which only {@link parseApiKeys} reads. */
export const apiKeys = makeExactValidator<readonly ApiKey[]>(parseApiKeysVariable);

const NAMED_RANGES = ["loopback", "linklocal", "uniquelocal"];

/** Validator of a number of hops, or of comma-separated addresses, CIDRs and Express's named ranges. */
export const trustProxy = makeExactValidator<TrustProxy>((input) => {
  if (input === "false") return false;
  if (/^\d{1,2}$/.test(input)) return Number(input) || false;
  const proxies = list(input);
  for (const proxy of proxies) {
    const [address = "", bits, ...rest] = proxy.split("/");
    const maxBits = isIP(address) === 6 ? 128 : 32;
    const range = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= maxBits);
    if (rest.length > 0 || !range || !(isIP(address) || NAMED_RANGES.includes(proxy))) {
      throw new TypeError("must be a number of proxies, or addresses and CIDRs separated by commas");
    }
    if (bits !== undefined && Number(bits) < fewestBits(address))
      throw new TypeError(
        "must not have ranges wider than /8, or /104 of IPv4 addresses that are mapped to IPv6",
      );
  }
  return proxies;
});

/** Of a range of proxies. Wider ones, alone or a few together, are everybody, who could then claim any address. */
const FEWEST_BITS = 8;

function fewestBits(address: string): number {
  const mapped = new BlockList();
  mapped.addSubnet("::ffff:0:0", 96, "ipv6");
  return isIP(address) === 6 && mapped.check(address, "ipv6") ? 96 + FEWEST_BITS : FEWEST_BITS;
}

function list(input: string): string[] {
  return input.split(",").map((part) => part.trim());
}
