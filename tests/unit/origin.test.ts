import { readConfig } from "../../src/engine/config/config.js";
import { createOriginCheck } from "../../src/engine/http/origin.js";

const APP = "https://app.example.com";
const HOST = "shoal.example.com";

interface Asked {
  readonly host?: string | undefined;
  /** The proxy's X-Forwarded-Proto. */
  readonly proto?: string;
  readonly env?: Record<string, string>;
}

function grant(allowed: string, origin: string | undefined, asked: Asked = {}) {
  const { host = HOST, proto, env } = asked;
  const config = readConfig({ NODE_ENV: "test", CORS_ORIGIN: allowed, ...env });
  const headers = {
    ...(origin === undefined ? {} : { origin }),
    ...("host" in asked && asked.host === undefined ? {} : { host }),
    ...(proto === undefined ? {} : { "x-forwarded-proto": proto }),
  };
  return createOriginCheck(config)({ headers, socket: { remoteAddress: "10.0.0.1" } });
}

/** No foreign origin at all. */
const NONE = "https://nobody.example";

describe("an origin check lets in", () => {
  test.each([
    ["an origin that is named", APP, APP],
    ["one of several", `http://localhost:5173, ${APP}`, APP],
    ["an origin in capitals", APP, "HTTPS://App.Example.com"],
    ["an origin that is named with its usual port", `${APP}:443`, APP],
    ["an origin with its usual port", APP, `${APP}:443`],
    ["a name beyond ASCII, as browsers send it", "https://müller.example", "https://xn--mller-kva.example"],
    ["a subdomain", "https://*.example.com", APP],
    ["a subdomain of a subdomain", "https://*.example.com", "https://a.b.example.com"],
    ["a subdomain with a port", "https://*.example.com:8443", "https://a.example.com:8443"],
    ["an app of Capacitor", "capacitor://localhost", "capacitor://localhost"],
    ["an app of Ionic", "ionic://localhost", "ionic://localhost"],
    ["an app of Tauri", `${APP},tauri://localhost`, "tauri://localhost"],
    ["an extension", "chrome-extension://abcdefgh", "chrome-extension://abcdefgh"],
    ["an origin whose name is written in full", APP, `${APP}.`],
    ["an origin that is named in full", `${APP}.`, APP],
    ["a subdomain in full, with a port", "https://*.example.com:8443", "https://a.example.com.:8443"],
  ])("%s, and with cookies", (_what, allowed, origin) => {
    expect(grant(allowed, origin)).toEqual({ isOwnHost: true, isAllowed: true, credentials: true });
  });

  test("what is no browser, or reads its own origin, without a word about cookies", () => {
    expect(grant(NONE, undefined)).toEqual({ isOwnHost: true, isAllowed: true, credentials: false });
  });

  test.each([APP, "null", "nonsense", `https://${HOST}`])(
    "any origin if all are allowed, but no cookies: %s",
    (origin) => {
      expect(grant("*", origin)).toEqual({ isOwnHost: true, isAllowed: true, credentials: false });
    },
  );

  test.each([
    ["by https", `https://${HOST}`, HOST],
    ["by http", `http://${HOST}`, HOST],
    ["in capitals", `https://${HOST.toUpperCase()}`, HOST],
    ["with the usual port of https in Host", `https://${HOST}`, `${HOST}:443`],
    ["with the usual port of http in Host", `http://${HOST}`, `${HOST}:80`],
    ["on a port of its own", "http://localhost:3000", "localhost:3000"],
    ["at an IPv6 address", "http://[::1]:3000", "[::1]:3000"],
    ["at a name that is written in full", `https://${HOST}.`, `${HOST}.`],
    ["at a name in full with a port", `http://${HOST}.:3000`, `${HOST}.:3000`],
  ])("its own page %s", (_what, origin, host) => {
    expect(grant(NONE, origin, { host })).toMatchObject({ isAllowed: true, credentials: true });
  });
});

describe("an origin check keeps out", () => {
  test.each([
    ["an origin that is not named", APP, "https://evil.example.com"],
    ["a subdomain", "https://example.com", APP],
    ["a name that only begins alike", APP, `${APP}.evil.com`],
    ["a name that only ends alike", "https://*.example.com", "https://evilexample.com"],
    ["the domain of a pattern itself", "https://*.example.com", "https://example.com"],
    ["a subdomain on another port", "https://*.example.com", `${APP}:8443`],
    ["a subdomain by another scheme", "https://*.example.com", "http://app.example.com"],
    ["a subdomain before a user's sign", "https://*.example.com", "https://evil.com@app.example.com"],
    ["another scheme", APP, "http://app.example.com"],
    ["another port", APP, `${APP}:8443`],
    ["the usual port of another scheme", APP, `${APP}:80`],
    ["another app", "capacitor://localhost", "ionic://localhost"],
    ["the app's host by http", "capacitor://localhost", "http://localhost"],
    ["a sandboxed page", APP, "null"],
    ["a name with two final dots", APP, `${APP}..`],
    ["what is no origin", APP, "nonsense"],
    ["an origin with a path", APP, `${APP}/`],
    ["two origins at once", APP, `${APP}, https://evil.example.com`],
    ["an empty origin", APP, ""],
  ])("%s", (_what, allowed, origin) => {
    expect(grant(allowed, origin)).toEqual({ isOwnHost: true, isAllowed: false, credentials: false });
  });

  test.each([
    ["by ftp", `ftp://${HOST}`, HOST],
    ["by ws", `ws://${HOST}`, HOST],
    ["by an app's scheme", `capacitor://${HOST}`, HOST],
    ["on another port", "http://localhost:3000", "localhost:3001"],
    ["by https on the port of http", `https://${HOST}`, `${HOST}:80`],
    ["with a path", `https://${HOST}/x`, HOST],
    ["where there is no Host", APP, undefined],
    ["where Host is none", "http://a b", "a b"],
  ])("a page of its own host %s", (_what, origin, host) => {
    expect(grant(NONE, origin, { host })).toMatchObject({ isAllowed: false, credentials: false });
  });
});

describe("the scheme that a proxy tells", () => {
  const env = { TRUST_PROXY: "10.0.0.0/8" };

  test("counts when a trusted one says https", () => {
    expect(grant(NONE, `https://${HOST}`, { proto: "HTTPS, http", env }).isAllowed).toBe(true);
    expect(grant(NONE, `http://${HOST}`, { proto: "https", env }).isAllowed).toBe(false);
  });

  test("leaves both possible when it says http: TLS may end in front of it", () => {
    expect(grant(NONE, `https://${HOST}`, { proto: "http", env }).isAllowed).toBe(true);
    expect(grant(NONE, `http://${HOST}`, { proto: "http", env }).isAllowed).toBe(true);
    expect(grant(NONE, `ftp://${HOST}`, { proto: "ftp", env }).isAllowed).toBe(false);
  });

  test.each([{}, { TRUST_PROXY: "192.0.2.1" }])("is not heard from anybody else: %p", (others) => {
    expect(grant(NONE, `http://${HOST}`, { proto: "https", env: others }).isAllowed).toBe(true);
  });
});

describe("with ALLOWED_HOSTS", () => {
  const env = { ALLOWED_HOSTS: "Shoal.example.com, *.internal.example, [::1]" };

  test.each([HOST, `${HOST}:3000`, `${HOST}.`, `${HOST}.:3000`, "a.internal.example", "[::1]:3000"])(
    "%s is served",
    (host) => {
      expect(grant(NONE, undefined, { host, env }).isOwnHost).toBe(true);
      expect(grant(NONE, `http://${host}`, { host, env }).isAllowed).toBe(true);
    },
  );

  test.each([
    ...["evil.example.com", "127.0.0.1:3000", "internal.example", `${HOST}..`, ".", "", "a b", undefined],
    // `URL` would find one of those that are served in each.
    ...[`${HOST}/x`, `${HOST}#x`, `${HOST}\\.evil.example`, `x@${HOST}`, `x@${HOST}:3000`],
  ])("%p is not", (host) => {
    expect(grant("*", `http://${host}`, { host, env })).toEqual({
      isOwnHost: false,
      isAllowed: false,
      credentials: false,
    });
  });
});
