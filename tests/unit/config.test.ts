import { readConfig } from "../../src/engine/config/config.js";

const production = { NODE_ENV: "production", MONGODB_URI: "mongodb://db/shoal", AUTH: "none" };

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the configuration was accepted");
}

describe("readConfig", () => {
  test("needs nothing outside production", () => {
    const config = readConfig({});

    expect(config).toMatchObject({
      environment: "development",
      port: 3000,
      host: "127.0.0.1",
      mongodbUri: "",
    });
    expect(config.redis).toBeUndefined();
    expect(config.corsOrigins).toBe("*");
  });

  test("is closed by default in production", () => {
    const config = readConfig(production);

    expect(config.corsOrigins).toEqual([]);
    expect(config.trustProxy).toBe(false);
    expect(config.host).toBe("0.0.0.0");
  });

  test("reports every problem at once, each with its variable", () => {
    const problems = problemsOf({ NODE_ENV: "production", PORT: "http", WORKERS: "0", LOG_LEVEL: "loud" });

    expect(problems).toContain("PORT must be a whole number from 0 to 65535");
    expect(problems).toContain("WORKERS must be a whole number from 1 to 256");
    expect(problems).toContain("LOG_LEVEL must be one of fatal, error");
    expect(problems).toContain("MONGODB_URI is required when NODE_ENV is production");
    expect(problems).not.toContain("\n");
  });

  test("never repeats a value, which may hold a password", () => {
    const problems = problemsOf({ MONGODB_URI: "http://u:hunter2@db", REDIS_URL: "tcp://u:hunter2@cache" });

    expect(problems).toContain("MONGODB_URI must begin with mongodb://");
    expect(problems).toContain("REDIS_URL must be redis://");
    expect(problems).not.toContain("hunter2");
  });

  test("limits addresses, users, rooms and keys in production, and nobody elsewhere", () => {
    expect(readConfig(production).rates).toEqual({
      ipHandshakes: { perSecond: 10, burst: 50 },
      ipRequests: { perSecond: 100, burst: 200 },
      userEvents: { perSecond: 50, burst: 100 },
      roomPublish: { perSecond: 1000, burst: 2000 },
      keyRequests: { perSecond: 100, burst: 1000 },
    });
    expect(readConfig(production).admission.perUser).toBe(20);
    expect(Object.values(readConfig({}).rates)).toEqual(Array(5).fill("off"));
    expect(readConfig({}).admission.perUser).toBe(0);
  });

  test("takes a rate as what may come a second and at once, or off", () => {
    const { rates } = readConfig({ ...production, RATE_USER_EVENTS: "5, 20", RATE_IP_REQUESTS: "off" });

    expect(rates).toMatchObject({ userEvents: { perSecond: 5, burst: 20 }, ipRequests: "off" });
  });

  test.each(["5", "5,", "0,5", "5,0", "1.5,5", "-1,5", "5,5,5", "1000001,5", "5/s", "on", "1e3,5"])(
    "refuses the rate %s",
    (given) => {
      expect(problemsOf({ RATE_USER_EVENTS: given })).toContain(
        "RATE_USER_EVENTS must be off, or what may come",
      );
    },
  );

  test("is frozen in depth", () => {
    const config = readConfig({ REDIS_URL: "redis://cache" });

    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.limits)).toBe(true);
    expect(Object.isFrozen(config.redis?.urls)).toBe(true);
  });

  test("takes an empty variable for an absent one", () => {
    expect(readConfig({ PORT: "", REDIS_URL: "", MONGODB_URI: "" })).toMatchObject({
      port: 3000,
      mongodbUri: "",
    });
  });

  test("peers in production prove each other, in development they need not", () => {
    const [secret, previous] = ["s".repeat(32), "p".repeat(32)];
    const peers = { PEER_URL: "http://10.0.0.1:3000" };
    const required = "PEER_SECRET is required when PEER_URL is set and NODE_ENV is production";

    expect(problemsOf({ ...production, ...peers })).toContain(required);
    expect(problemsOf({ PEER_SECRET_PREVIOUS: previous })).toContain(
      "PEER_SECRET_PREVIOUS needs PEER_SECRET",
    );
    expect(readConfig(peers).relaySecrets).toEqual([""]);
    const both = { ...peers, PEER_SECRET: secret, PEER_SECRET_PREVIOUS: previous };
    expect(readConfig({ ...production, ...both }).relaySecrets).toEqual([secret, previous]);
  });

  test("operators have a port of their own, or the same one at another address", () => {
    const same = { PORT: "4000", ADMIN_PORT: "4000" };

    for (const hosts of [{}, { HOST: "0.0.0.0" }, { HOST: "10.0.0.1", ADMIN_HOST: "::" }])
      expect(problemsOf({ ...same, ...hosts })).toContain("ADMIN_PORT must not be that of PORT");
    expect(readConfig({ ...same, HOST: "10.0.0.1", ADMIN_HOST: "127.0.0.1" }).port).toBe(4000);
    expect(readConfig({ PORT: "0", ADMIN_PORT: "0" }).admin.port).toBe(0);
  });

  test("without peers the workers of each instance have a secret of their own", () => {
    const [one, other] = [readConfig({}).relaySecrets, readConfig({}).relaySecrets];
    expect(one.concat(other).every((secret) => secret.length >= 32)).toBe(true);
    expect(one).not.toEqual(other);
  });

  test.each([
    [
      "an authority without TLS",
      { REDIS_URL: "redis://cache", REDIS_CA_FILE: "package.json" },
      "REDIS_CA_FILE needs",
    ],
    [
      "an authority that is no file",
      { REDIS_URL: "rediss://cache", REDIS_CA_FILE: "/nowhere" },
      "REDIS_CA_FILE cannot be read: ENOENT",
    ],
    [
      "an authority that is no certificate",
      { REDIS_URL: "rediss://cache", REDIS_CA_FILE: "package.json" },
      "REDIS_CA_FILE must be a file in PEM form",
    ],
    [
      "a certificate without its key",
      { REDIS_URL: "rediss://cache", REDIS_CERT_FILE: "package.json" },
      "REDIS_CERT_FILE and REDIS_KEY_FILE need each other",
    ],
    ["a short secret", { PEER_SECRET: "s".repeat(31) }, "PEER_SECRET"],
    ["a secret with a line break", { PEER_SECRET: `${"s".repeat(32)}\n` }, "PEER_SECRET"],
    [
      "a secret with a space behind it",
      { PEER_SECRET_PREVIOUS: `${"s".repeat(32)} ` },
      "PEER_SECRET_PREVIOUS",
    ],
    ["a number with decimals", { PORT: "80.5" }, "PORT"],
    ["a port beyond the last one", { PORT: "65536" }, "PORT"],
    ["an origin with a path", { CORS_ORIGIN: "https://app.example.com/chat" }, "CORS_ORIGIN"],
    ["an origin among others that is none", { CORS_ORIGIN: "https://a.example,b.example" }, "CORS_ORIGIN"],
    ["an origin that no page has", { CORS_ORIGIN: "ftp://app.example.com" }, "CORS_ORIGIN"],
    ["the origin of sandboxed pages", { CORS_ORIGIN: "null" }, "CORS_ORIGIN"],
    ["a * among others", { CORS_ORIGIN: "https://a.example,*" }, "CORS_ORIGIN"],
    ["a * that is not the first label", { CORS_ORIGIN: "https://app.*.example.com" }, "CORS_ORIGIN"],
    ["a * that is part of a label", { CORS_ORIGIN: "https://app*.example.com" }, "CORS_ORIGIN"],
    ["two *", { CORS_ORIGIN: "https://*.*.example.com" }, "CORS_ORIGIN"],
    ["a whole top-level domain", { CORS_ORIGIN: "https://*.com" }, "CORS_ORIGIN"],
    ["all of a scheme", { CORS_ORIGIN: "https://*" }, "CORS_ORIGIN"],
    ["any port", { CORS_ORIGIN: "http://localhost:*" }, "CORS_ORIGIN"],
    ["a host with a port", { ALLOWED_HOSTS: "app.example.com:3000" }, "ALLOWED_HOSTS"],
    ["a host with a scheme", { ALLOWED_HOSTS: "https://app.example.com" }, "ALLOWED_HOSTS"],
    ["all hosts", { ALLOWED_HOSTS: "*" }, "ALLOWED_HOSTS"],
    ["a host in quotes, which no request has", { ALLOWED_HOSTS: '"app.example.com"' }, "ALLOWED_HOSTS"],
    ["a variable that nobody has put in", { ALLOWED_HOSTS: "a.example,$HOST" }, "ALLOWED_HOSTS"],
    ["a host with an empty label", { ALLOWED_HOSTS: "*.app..example.com" }, "ALLOWED_HOSTS"],
    ["an origin in quotes", { CORS_ORIGIN: 'https://"app.example.com"' }, "CORS_ORIGIN"],
    ["an address with a line break", { HOST: "::\n1" }, "HOST must not have line breaks"],
    ["an address of spaces, which would be all addresses", { HOST: " " }, "HOST must not be blank"],
    ["a directory with a line break", { DATA_DIR: "da\nta" }, "DATA_DIR must not have line breaks"],
    ["a CIDR that is too long", { TRUST_PROXY: "10.0.0.0/33" }, "TRUST_PROXY"],
    ...[
      ...["0.0.0.0/0", "10.0.0.1,::/00", "::ffff:0.0.0.0/96", "0:0::ffff:0:0/97", "::ffff:0:0/103"],
      ...["0.0.0.0/1,128.0.0.0/1", "8.0.0.0/7", "::/1,8000::/1", "2000::/3", "fc00::/7", "::ffff:1.2.3.4/8"],
    ].map((ranges): [string, Record<string, string>, string] => [
      `trust in ${ranges}`,
      { TRUST_PROXY: ranges },
      "TRUST_PROXY must not have ranges wider than",
    ]),
    ["a proxy with a port", { TRUST_PROXY: "10.0.0.1:80" }, "TRUST_PROXY"],
    ["an IPv4 address with a long range", { TRUST_PROXY: "10.0.0.0/64" }, "TRUST_PROXY"],
    ["an empty entry among proxies", { TRUST_PROXY: "10.0.0.1," }, "TRUST_PROXY"],
    ["trust in everybody", { TRUST_PROXY: "true" }, "TRUST_PROXY"],
    ["an instance's address with a path", { PEER_URL: "http://10.0.0.1:3000/shoal" }, "PEER_URL"],
    ["an instance's address with a password", { PEER_URL: "http://a:b@10.0.0.1:3000" }, "PEER_URL"],
    ["an instance's address with TLS", { PEER_URL: "https://10.0.0.1:3000" }, "PEER_URL"],
    ["several Redis nodes without a topology", { REDIS_URL: "redis://a,redis://b" }, "REDIS_URL"],
    [
      "sentinels without the master's name",
      { REDIS_URL: "redis://a", REDIS_TOPOLOGY: "sentinel" },
      "REDIS_SENTINEL",
    ],
    ["a Redis database that is no number", { REDIS_URL: "redis://cache/abc" }, "REDIS_URL must have a whole"],
    ["a Redis database below 0", { REDIS_URL: "redis://cache/-1" }, "REDIS_URL must have a whole"],
    ["a Redis database as a path", { REDIS_URL: "redis://cache/1/2" }, "REDIS_URL must have a whole"],
    [
      "a Redis password that is not encoded",
      { REDIS_URL: "redis://:%zz@cache" },
      "REDIS_URL must have a user",
    ],
    ["a Redis user that is not encoded", { REDIS_URL: "redis://%@cache" }, "REDIS_URL must have a user"],
    ["a Redis URL with a query", { REDIS_URL: "redis://cache?db=1" }, "REDIS_URL must end"],
    ["a Redis password with a #", { REDIS_URL: "redis://:a#b@cache" }, "REDIS_URL must"],
    ["a Redis port 0", { REDIS_URL: "redis://cache:0" }, "REDIS_URL must not have port 0"],
    ["a Redis port beyond the last one", { REDIS_URL: "redis://cache:70000" }, "REDIS_URL must be redis://"],
    ["a Redis URL without a host", { REDIS_URL: "redis:///1" }, "REDIS_URL must be redis://"],
    [
      "Redis nodes with and without TLS",
      { REDIS_URL: "redis://a,rediss://b", REDIS_TOPOLOGY: "cluster" },
      "REDIS_URL must have the same",
    ],
    [
      "a database of a Redis Cluster",
      { REDIS_URL: "redis://a/1", REDIS_TOPOLOGY: "cluster" },
      "REDIS_URL must not name a database",
    ],
    ["a Redis password with a line break", { REDIS_URL: "redis://:a\nb@cache" }, "REDIS_URL must not have"],
    [
      "a Redis host that is a path",
      { REDIS_URL: "redis://%2Frun%2Fredis.sock" },
      "REDIS_URL must name a host",
    ],
    ["a Redis host that is no name", { REDIS_URL: "redis://a%20b" }, "REDIS_URL must name a host"],
    ["a Redis host that is no address", { REDIS_URL: "redis://10.0.0.256" }, "REDIS_URL must name a host"],
    [
      "a MongoDB host that is missing",
      { MONGODB_URI: "mongodb://u:p@a:1,/db" },
      "MONGODB_URI must name a host",
    ],
    ["no MongoDB host at all", { MONGODB_URI: "mongodb://u:p@" }, "MONGODB_URI must name a host"],
    [
      "a MongoDB password with a line break",
      { MONGODB_URI: "mongodb://u:hunter\n2@db" },
      "MONGODB_URI must not have",
    ],
    ["an instance's address without a port", { PEER_URL: "http://10.0.0.1:0" }, "PEER_URL"],
    ["an instance's address that is every machine's own", { PEER_URL: "http://0.0.0.0:3000" }, "PEER_URL"],
    ["the same of IPv6", { PEER_URL: "http://[::]:3000" }, "PEER_URL"],
    ["an instance name with spaces", { INSTANCE_ID: "my instance" }, "INSTANCE_ID"],
  ])("refuses %s", (_what, environment, variable) => {
    expect(problemsOf(environment)).toContain(variable);
  });

  test.each([
    "mongodb://u:p@a:1,b:2,[::1]:3/db?replicaSet=rs",
    "mongodb://%2Ftmp%2Fmongodb.sock/?directConnection=true",
    "mongodb+srv://u:p%40s%2Fs@db.example.com?appName=me@home",
  ])("MONGODB_URI takes %s", (uri) => {
    expect(readConfig({ MONGODB_URI: uri }).mongodbUri).toBe(uri);
  });

  test("a name may end with the line break of the file that it comes from", () => {
    expect(readConfig({ HOST: "::1\n" }).host).toBe("::1");
    expect(readConfig({ DATA_DIR: "/a b\r\n" }).dataDir).toBe("/a b");
  });

  test("a URL may end with the line break of the file that it comes from", () => {
    const config = readConfig({ MONGODB_URI: "mongodb://db/shoal\n", REDIS_URL: "redis://cache\n" });

    expect(config.mongodbUri).toBe("mongodb://db/shoal");
    expect(config.redis?.urls).toEqual(["redis://cache"]);
  });

  test.each([
    ["none", "false", false],
    ["a number of hops", "2", 2],
    ["addresses and ranges", "10.0.0.0/8, fd00::/8,loopback", ["10.0.0.0/8", "fd00::/8", "loopback"]],
    ["mapped addresses", "::ffff:10.0.0.0/104,::ffff:1.2.3.4", ["::ffff:10.0.0.0/104", "::ffff:1.2.3.4"]],
  ])("TRUST_PROXY takes %s", (_what, value, expected) => {
    expect(readConfig({ TRUST_PROXY: value }).trustProxy).toEqual(expected);
  });

  test("CORS_ORIGIN takes a list, whatever its case and spaces", () => {
    expect(readConfig({ CORS_ORIGIN: "https://App.example.com, http://localhost:5173" }).corsOrigins).toEqual(
      ["https://app.example.com", "http://localhost:5173"],
    );
  });

  test("gives instances that were not named names of their own", () => {
    expect(readConfig({}).instance).not.toBe(readConfig({}).instance);
  });
});
