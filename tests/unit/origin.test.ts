import { createOriginCheck } from "../../src/origin.js";

const APP = "https://app.example.com";
const HOST = "shoal.example.com";

function allows(
  allowed: "*" | readonly string[],
  origin: string | undefined,
  host: string | undefined = HOST,
) {
  const headers = { ...(origin === undefined ? {} : { origin }), ...(host === undefined ? {} : { host }) };
  return createOriginCheck(allowed)({ headers });
}

describe("an origin check lets in", () => {
  test.each([
    ["what is no browser, or reads its own origin", [], undefined],
    ["an origin that is named", [APP], APP],
    ["one of several", ["http://localhost:5173", APP], APP],
    ["an origin in capitals", [APP], "HTTPS://App.Example.com"],
    ["the service's own page", [], `https://${HOST}`],
    ["the service's own page behind a proxy that ends TLS", [], `http://${HOST}`],
    ["the service's own page in capitals", [], `https://${HOST.toUpperCase()}`],
  ])("%s", (_what, allowed, origin) => {
    expect(allows(allowed, origin)).toBe(true);
  });

  test.each([APP, "null", "nonsense"])("any origin if all are allowed: %s", (origin) => {
    expect(allows("*", origin)).toBe(true);
  });

  test("its own page on another port only if that is the port it is asked on", () => {
    expect(allows([], "http://localhost:3000", "localhost:3000")).toBe(true);
    expect(allows([], "http://localhost:3000", "localhost:3001")).toBe(false);
  });
});

describe("an origin check keeps out", () => {
  test.each([
    ["an origin that is not named", [APP], "https://evil.example.com"],
    ["any foreign origin by default", [], APP],
    ["a subdomain", ["https://example.com"], APP],
    ["a name that only begins alike", [APP], `${APP}.evil.com`],
    ["another scheme", [APP], "http://app.example.com"],
    ["another port", [APP], `${APP}:8443`],
    ["a sandboxed page", [APP], "null"],
    ["what is no origin", [APP], "nonsense"],
    ["two origins at once", [APP], `${APP}, https://evil.example.com`],
    ["an empty origin", [APP], ""],
  ])("%s", (_what, allowed, origin) => {
    expect(allows(allowed, origin)).toBe(false);
  });

  test("a foreign origin of a request without a host", () => {
    expect(createOriginCheck([])({ headers: { origin: APP } })).toBe(false);
  });
});
