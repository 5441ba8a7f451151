import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createAdminServer } from "../../src/engine/admin/admin-server.js";
import { createConsoleFiles } from "../../src/engine/admin/console-files.js";
import { onEnd } from "../support/cleanup.js";

let url: string;

beforeAll(async () => {
  const server = createAdminServer("127.0.0.1", 0, {
    readiness: () => "no workers",
    metrics: async () => ({ type: "text/plain", text: "" }),
    operate: () => (_request, response) => void response.writeHead(404).end(),
    page: createConsoleFiles(),
  });
  await server.start();
  onEnd(server.stop);
  url = server.url().replace("localhost", "127.0.0.1");
});

test("the console comes without a key and without a worker, and may talk to its own port alone", async () => {
  const page = await fetch(`${url}/`);

  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = page.headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toContain("unsafe");
  const named = [...(await page.text()).matchAll(/(?:href|src)="(console\/[^"]+)"/g)].map(([, path]) => path);
  expect(named.length).toBeGreaterThan(3);
  const modules = ["console/uplot/uPlot.esm.js", "console/marked/marked.esm.js", "console/runbook.md"];
  for (const path of [...named, ...modules]) {
    const { status, headers } = await fetch(`${url}/${path}`);
    expect([path, status, headers.get("x-content-type-options")]).toEqual([path, 200, "nosniff"]);
  }
});

test("the key that the form to sign in speaks of is that of its document", async () => {
  const capsIn = (text: string) => /--kid me\s+--caps\s+'([^']+)'/.exec(text)?.[1];

  const page = await (await fetch(`${url}/`)).text();

  expect(capsIn(page)).toBe(capsIn(readFileSync("docs/console.md", "utf8")));
  expect(capsIn(page)).toContain("presence");
});

test("it takes GET and HEAD", async () => {
  const head = await fetch(`${url}/`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const posted = await fetch(`${url}/`, { method: "POST" });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test.each([
  ...["/console/", "/console/index.html", "/console/uplot/", "//", "/console/../package.json"],
  ...["/console/%2e%2e/package.json", "/console/..%2fpackage.json", "/console/constructor"],
])("there is no other file: %s", async (path) => {
  const { hostname, port } = new URL(url);
  const status = await new Promise((resolve, reject) => {
    request({ hostname, port, path })
      .once("response", (response) => resolve(response.resume().statusCode))
      .once("error", reject)
      .end();
  });

  expect(status).toBe(404);
});
