import type { Browser } from "playwright-core";
import { newPerson, openTab, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

let browser: Browser;
let url: string;

beforeAll(async () => {
  browser = await startBrowser();
  ({ url } = await startWorker({ mongodbUri: (await startMongo()).uriFor() }));
});

test("the page shows the API and lets one try it, under the content security policy and without the internet", async () => {
  const hosts = new Set<string>();
  const person = await newPerson(browser);
  person.on("request", (request) => hosts.add(new URL(request.url()).host));
  const { page, complaints } = await openTab(person, `${url}/docs`);

  const hello = page.locator("#operations-hello-getHello");
  await hello.locator(".opblock-summary-control").first().click();
  await hello.getByRole("button", { name: "Try it out" }).click();
  await hello.getByRole("button", { name: "Execute" }).click();
  await eventually(async () =>
    expect(await hello.locator(".live-responses-table").textContent()).toContain("Hello from Shoal"),
  );

  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await eventually(async () => expect(await page.textContent("#connection")).toBe("connected as ann"));
  const join = page.locator("details.receive", { has: page.locator("summary code", { hasText: /^join$/ }) });
  await join.locator("summary").click();
  await join.getByRole("button", { name: "Send" }).click();
  await eventually(async () =>
    expect(JSON.parse((await join.locator(".answer").textContent()) ?? "")).toEqual({
      ok: true,
      room: "kitchen",
    }),
  );
  expect(await page.textContent("#received")).toContain("session");

  expect(complaints).toEqual([]);
  expect([...hosts]).toEqual([new URL(url).host]);
});
