import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { placeOf } from "./file-place.js";
import { parseRedisUrl } from "./redis-url.js";
import type { RedisSettings } from "./redis-variables.js";

/** How the instances are joined through Redis. */
export interface RedisConfig {
  readonly urls: readonly string[];
  readonly topology: "single" | "cluster" | "sentinel";
  readonly sentinel: SentinelConfig;
  /** Whom to trust and what to show where the URLs say `rediss`, as PEM; empty: those that Node.js trusts, and nothing. */
  readonly tls: TlsConfig;
  readonly adapter: "pubsub" | "sharded";
  /** First part of every channel name: services that share a Redis without hearing each other differ in it. */
  readonly prefix: string;
}

/** Empty for the other topologies. */
export interface SentinelConfig {
  /** Name under which the sentinels know the master. */
  readonly master: string;
  /** At the sentinels themselves; empty: none. */
  readonly username: string;
  readonly password: string;
}

export interface TlsConfig {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Redis as it is configured, if it is; adds to `problems` what does not go together, and what is wrong with its files. */
export function redisIn(given: RedisSettings, problems: string[]): RedisConfig | undefined {
  const {
    REDIS_URL: urls = [],
    REDIS_TOPOLOGY: topology = "single",
    REDIS_SENTINEL_MASTER: master = "",
  } = given;
  if (topology === "single" && urls.length > 1)
    problems.push("REDIS_URL with several URLs needs REDIS_TOPOLOGY cluster or sentinel");
  if (topology === "cluster" && urls.some((url) => parseRedisUrl(url).db > 0))
    problems.push("REDIS_URL must not name a database when REDIS_TOPOLOGY is cluster, which has only one");
  if (topology === "sentinel" && master === "")
    problems.push("REDIS_SENTINEL_MASTER is required when REDIS_TOPOLOGY is sentinel");
  const tls = tlsIn(given, problems);
  if (urls.length === 0) return undefined;
  const { REDIS_SENTINEL_USERNAME: username = "", REDIS_SENTINEL_PASSWORD: password = "" } = given;
  return {
    ...{ urls, topology, tls, sentinel: { master, username, password } },
    adapter: given.REDIS_ADAPTER ?? "pubsub",
    prefix: given.REDIS_PREFIX ?? "",
  };
}

/** The files are read once, at the start: a certificate is replaced by a restart. */
function tlsIn(given: RedisSettings, problems: string[]): TlsConfig {
  const files = ["REDIS_CA_FILE", "REDIS_CERT_FILE", "REDIS_KEY_FILE"] as const;
  const named = files.filter((name) => (given[name] ?? "") !== "");
  const before = problems.length;
  if (named.length > 0 && !given.REDIS_URL?.some((url) => parseRedisUrl(url).tls))
    problems.push(`${named[0]} needs rediss:// in REDIS_URL`);
  if (named.includes("REDIS_CERT_FILE") !== named.includes("REDIS_KEY_FILE"))
    problems.push("REDIS_CERT_FILE and REDIS_KEY_FILE need each other");
  const [ca = "", cert = "", key = ""] = files.map((name) =>
    named.includes(name) ? contentOf(name, given[name] ?? "", problems) : "",
  );
  if (problems.length === before) {
    checkPem("REDIS_CA_FILE", { ca }, problems);
    if (cert !== "") checkPem("REDIS_CERT_FILE and REDIS_KEY_FILE", { cert, key }, problems);
  }
  return { ca, cert, key };
}

function contentOf(name: string, path: string, problems: string[]): string {
  try {
    const text = readFileSync(path, "utf8");
    if (!text.includes("-----BEGIN ")) problems.push(`${name} must be a file in PEM form`);
    return text;
  } catch (error) {
    problems.push(
      `${name} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown"} (${placeOf(resolve(path))})`,
    );
    return "";
  }
}

/** OpenSSL's own words stay out: they may name what is in a key. */
function checkPem(name: string, files: Partial<TlsConfig>, problems: string[]): void {
  try {
    createSecureContext(files);
  } catch {
    problems.push(`${name} must be certificates, and a key of them without a passphrase, in PEM form`);
  }
}
