/** One Redis server, sentinel or cluster node, as its URL names it. */
export interface RedisNode {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  /** Absent: the default port of a Redis server or sentinel. */
  readonly port: number | undefined;
  readonly tls: boolean;
  /** Empty: the default user. */
  readonly username: string;
  readonly password: string;
  readonly db: number;
}

const SHAPE = "must be redis:// or rediss:// URLs, separated by commas";

/**
 * The only parser of Redis URLs: `redis[s]://[user[:password]@]host[:port][/database]`.
 * @throws {TypeError} that says what is wrong, without any part of the URL: it may hold a password.
 */
export function parseRedisUrl(text: string): RedisNode {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) throw new TypeError(SHAPE);
  refuseControls(text);
  const url = new URL(text);
  if (url.hostname === "") throw new TypeError(SHAPE);
  if (url.port === "0") throw new TypeError("must not have port 0");
  if (url.search !== "" || url.hash !== "" || text.includes("?") || text.includes("#")) {
    throw new TypeError(
      "must end after the database's number; an unescaped ? or # in a password is %3F or %23",
    );
  }
  if (!/^\/?(0|[1-9]\d{0,8})?$/.test(url.pathname)) {
    throw new TypeError("must have a whole number, or nothing, after the host: the database's number");
  }
  return {
    host: hostIn(url),
    port: url.port === "" ? undefined : Number(url.port),
    tls: url.protocol === "rediss:",
    username: decoded(url.username),
    password: decoded(url.password),
    db: Number(url.pathname.slice(1)),
  };
}

/** What is wrong with these nodes as one Redis, or undefined: only the first one's TLS, credentials and database count. */
export function disagreement(nodes: readonly RedisNode[]): string | undefined {
  const [first, ...others] = nodes.map(({ tls, username, password, db }) =>
    JSON.stringify([tls, username, password, db]),
  );
  return others.some((other) => other !== first)
    ? "must have the same scheme, user, password and database in all URLs"
    : undefined;
}

/**
 * `URL` drops line breaks and tabs wherever they are: a password would be another one.
 * @throws {TypeError}
 */
export function refuseControls(text: string): void {
  if (/\p{Cc}/u.test(text)) throw new TypeError("must not have line breaks or other control characters");
}

/** Of a scheme that it does not know, `URL` takes anything for a host, which then nobody can resolve. */
function hostIn({ hostname }: URL): string {
  if (!URL.canParse(`http://${hostname}`)) {
    throw new TypeError("must name a host, by a name or an address; no path of a socket");
  }
  return new URL(`http://${hostname}`).hostname.replace(/^\[(.*)\]$/, "$1");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("must have a user and a password in percent-encoding; a % itself is %25");
  }
}
