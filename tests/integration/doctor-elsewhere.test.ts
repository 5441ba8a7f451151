import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { proxyChecks } from "../../src/cli/doctor/proxy.js";
import { onTestEnd } from "../support/cleanup.js";

/** Address of what gives this answer to everything. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  onTestEnd(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** What the checks through this address find. */
async function found(url: string) {
  const checks = proxyChecks({ url, idleMs: 100, config: undefined, token: undefined });
  const findings = await Promise.all(checks.map(({ run }) => run()));
  return new Map(checks.map(({ name }, index) => [name, findings[index]]));
}

test.each([
  ["nothing listens", closed, /cannot be reached: .*connect ECONNREFUSED/],
  [
    "a proxy has no instance behind it",
    () => answering(502, "<html>Bad Gateway</html>"),
    /status 502, and not by Shoal/,
  ],
  ["another site is", () => answering(200, "<html>Welcome to nginx!</html>"), /status 200, and not by Shoal/],
  [
    "TLS is asked of what has none",
    async () => (await answering(200, "")).replace("http:", "https:"),
    /does not speak TLS$/,
  ],
])("where %s, one check says so and no other has a remedy for something else", async (_what, start, told) => {
  const findings = await found(await start());

  const { status, message, advice } = findings.get("public address") ?? {};
  expect([status, message]).toEqual(["fail", expect.stringMatching(told)]);
  expect(advice).not.toContain("variable");
  const failed = [...findings].filter(([, finding]) => finding?.status !== "ok").map(([name]) => name);
  expect(failed).toEqual(["public address"]);
  for (const name of ["upgrade", "polling", "body size"])
    expect(findings.get(name)?.message).toBe("could not be looked at: see the check of public address");
});

test("a site that answers in JSON may be Shoal behind a proxy that hides its health, and is looked at", async () => {
  const findings = await found(await answering(404, '{"error":{"code":"not_found"}}'));

  expect(findings.get("upgrade")).toMatchObject({ status: "fail" });
});
