import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import { startBrowser, type Tab } from "../support/browser.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { complaintsBesidesNetwork } from "./support/chat-page.js";
import { openConsole, SEEN_WITHIN_MS, shows, signIn } from "./support/console-page.js";

const admin = makeKey("admin");
const clerk = makeKey("clerk", { "*": ["users", "rooms"] });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  const env = { API_KEYS: JSON.stringify([admin.entry, clerk.entry]) };
  shoal = await spawnShoal({ workers: 2, mongodbUri: (await startMongo()).uriFor(), env });
});

const open = (key?: string, view = ""): Promise<Tab> => openConsole(browser, shoal.adminUrl, key, view);

const publish = (room: string, ...ids: string[]) =>
  apiOf(shoal.adminUrl, admin.key)("POST", "/v1/publish", {
    items: ids.map((id) => ({ room, id, from: "ann", body: `words of ${id}` })),
  });

/** What axe finds wrong with the page as it is, in this theme. */
async function faultsOf(page: Page, colorScheme: "light" | "dark"): Promise<unknown[]> {
  await page.emulateMedia({ colorScheme });
  // In the page itself, whose policy lets no foreign script in.
  return page.evaluate(`(() => { const module = undefined; ${axe} })(), axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`);
}

test("a worker that does not answer is counted, whose ever it is, with the way to the runbook", async () => {
  const { page } = await open();
  await page.route("**/instances", (route) => route.fulfill({ json: { workers: [], missing: 1 } }));

  await signIn(page, admin.key);

  await shows(page, "[data-view=overview]", "Without 1 worker: no answer in time.");
  await page.click("[data-view=overview] .problem a");
  await shows(page, ".runbook h1", "One worker is hot or blocked");
});

test("a chart has the last hour, and nothing where no samples were taken", async () => {
  const { page } = await open();
  const minute = 60_000;
  const sample = (at: number, connections: number) => ({ at, connections, workers: 1 });
  const taken = [sample(-70 * minute, 500), sample(-50 * minute, 4), sample(-10_000, 5), sample(0, 6)];

  const shown = await page.evaluate(
    `import("/console/samples.js").then(({ lastHour }) => lastHour(${JSON.stringify(taken)}))`,
  );

  expect(shown).toEqual([taken[1], { at: expect.any(Number), workers: 0 }, taken[2], taken[3]]);
});

test("handshakes that are refused at the door are counted by why, with the way to the runbook", async () => {
  const { page, complaints } = await open(admin.key, "#/overview");
  await shows(page, "figure:last-child .hint", "No handshake was refused at the door.");

  for (let times = 0; times < 3; times += 1)
    await fetch(`${shoal.url}/socket.io/?EIO=3&transport=polling`).then((answer) => answer.text());

  await shows(page, "figure:last-child .hint", /3 refused \(invalid, mostly an origin/);
  const link = page.locator("figure:last-child .hint a");
  expect(await link.getAttribute("href")).toBe("#/runbook/handshakes-are-refused");
  expect(complaints).toEqual([]);
});

test("a key that does not count is refused in words, and is not kept", async () => {
  const { page, complaints } = await open("admin.wrong");

  await shows(page, "#key-problem", "This key does not count. Look whether all of it is there");
  await page.reload();

  expect(await page.isVisible("#sign-in")).toBe(true);
  expect(await page.evaluate("sessionStorage.length")).toBe(0);
  expect(await page.isVisible("#nav")).toBe(false);
  expect(complaints.filter((one) => !one.includes("401"))).toEqual([]);
});

test("a key keeps a tab signed in until one signs out, and is in no address", async () => {
  const { page, complaints } = await open(admin.key);
  await shows(page, "#key-name", "admin");

  await page.reload();
  await shows(page, "#content h1", shoal.instance);
  expect(page.url()).not.toContain(admin.secret);
  await page.getByRole("button", { name: "Sign out" }).click();

  expect(await page.isVisible("#sign-in")).toBe(true);
  expect(await page.textContent("#content")).toBe("");
  expect(await page.evaluate("sessionStorage.length")).toBe(0);
  expect(complaints).toEqual([]);
});

test("a key sees which views are closed to it, and no data of them", async () => {
  const { page, complaints } = await open(clerk.key);

  await shows(page, "#content", /closed to your key.*operate/);
  expect(await page.locator("#nav a.closed").allTextContents()).toEqual(["Overview", "Audit"]);
  await page.getByRole("link", { name: "Rooms" }).click();
  await shows(page, "#content h1", "Rooms");
  expect(await page.locator(".closed-note").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("the overview shows both workers, a connection, the stores and charts, and that a worker was killed", async () => {
  const tab = await open(admin.key);
  const { page } = tab;
  const client = await connectClient(shoal.url);
  const rows = page.locator("table:has(caption:text('Workers of this instance')) tbody tr");

  await eventually(async () => expect(await rows.count()).toBe(2));
  for (const pid of shoal.workerPids()) expect((await rows.allTextContents()).join()).toContain(String(pid));
  const connections = rows.nth(client.session.worker - 1).locator("[data-head=connections]");
  await eventually(async () => expect(await connections.textContent()).toBe("1"), {
    withinMs: SEEN_WITHIN_MS,
  });
  expect(await page.textContent("[data-store=mongo]")).toContain("MongoDB answers");
  expect(await page.textContent("[data-store=redis]")).toContain("No Redis is configured");
  expect(await page.locator("figure canvas").count()).toBe(5);
  const chart = page.getByRole("img", { name: /^Connections: open 1 now, at most 1$/ });
  await eventually(async () => expect(await chart.count()).toBe(1), { withinMs: SEEN_WITHIN_MS });

  const [killed = 0] = shoal.workerPids();
  process.kill(killed, "SIGKILL");

  await shows(page, ".happenings", /worker 1 has ended: signal SIGKILL/);
  await shows(page, "#live", /worker 1/);
  await eventually(async () => expect((await rows.allTextContents()).join()).not.toContain(String(killed)), {
    withinMs: SEEN_WITHIN_MS,
  });
  expect(await page.textContent("tbody tr:first-child [data-head=replaced]")).toBe("1");
  // What the worker was asked when it was killed has got 503, which the browser tells by itself.
  expect(complaintsBesidesNetwork(tab)).toEqual([]);
});

test("a user is found with his rooms, and disconnected when that was confirmed", async () => {
  const { page, complaints } = await open(admin.key, "#/users");
  const client = await connectClient(shoal.url, { auth: { user: "eve" } });
  await emitAck(client.socket, "join", { room: "den" });
  const gone = once(client.socket, "disconnect", 60_000);

  await page.getByLabel("User", { exact: true }).fill("eve");
  await page.keyboard.press("Enter");
  await shows(page, ".result", client.session.id);
  expect(await page.textContent("[data-head=rooms] a")).toBe("den");

  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("button", { name: "Keep" }).click();
  expect(client.socket.connected).toBe(true);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.locator("#confirm-yes").click();

  expect((await gone)[0]).toBe("io server disconnect");
  await shows(page, ".result", /Not connected.*Connections of \S+ ended: 1/);
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByLabel("What").selectOption("remove");
  await eventually(
    async () => {
      await page.getByRole("button", { name: "Look" }).click();
      expect(await page.textContent("#content tbody")).toMatch(/Disconnected by a key.*eve.*admin/);
    },
    { withinMs: SEEN_WITHIN_MS, everyMs: 500 },
  );
  expect(complaints).toEqual([]);
});

test("a room is followed as messages come, with bodies on request, and read back", async () => {
  for (let n = 0; n < 60; n += 20)
    await publish("talk:1", ...Array.from({ length: 20 }, (_, i) => `m${n + i}`));
  const { page, complaints } = await open(admin.key, "#/rooms/talk:");
  await page.getByRole("link", { name: "talk:1" }).click();
  await shows(page, ".tail li:last-child .seq", "60");

  await publish("talk:1", "late");
  await shows(page, ".tail li:last-child .seq", "61");
  expect(await page.isVisible(".tail li:last-child .body")).toBe(false);
  await page.getByLabel("Show bodies").check();
  expect(await page.locator(".tail li:last-child .body").innerText()).toBe("words of late");
  await page.getByRole("button", { name: "Show earlier" }).click();
  await shows(page, ".tail li:first-child .seq", /^1$/);
  await shows(page, ".facts", /Newest number61/);
  expect(complaints).toEqual([]);
});

test("an answer that comes late does not take the place of a newer one", async () => {
  const { page, complaints } = await open(admin.key, "#/users");
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/v1/users/early", async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  const early = page.waitForResponse(/early$/);

  for (const name of ["early", "newer"]) {
    await page.fill("#search", name);
    await page.press("#search", "Enter");
  }
  await shows(page, ".result h2", "newer");
  release();
  await (await early).finished();
  await page.evaluate("new Promise(requestAnimationFrame)");

  expect(await page.textContent(".result h2")).toBe("newer");
  expect(complaints).toEqual([]);
});

test("a key that may list rooms and not read them gets no message", async () => {
  await publish("quiet:1", "m1");
  const { page, complaints } = await open(clerk.key, "#/room/quiet:1");

  await shows(page, ".messages .problem", "may not read this room");
  await shows(page, ".facts", /Newest number1/);
  expect(await page.locator(".tail li").count()).toBe(0);
  expect(await page.textContent("body")).not.toContain("words of");
  expect(complaints.filter((one) => !one.includes("403"))).toEqual([]);
});

test("no view has what axe finds wrong, light or dark, or is wider than a phone", async () => {
  await publish("talk:2", "m1");
  const { page } = await open(admin.key);
  await page.setViewportSize({ width: 375, height: 740 });
  const views: [string, string][] = [
    ["overview", "figure canvas"],
    ["users/eve", ".result h2"],
    ["rooms", "tbody tr"],
    ["room/talk:2", ".tail li"],
    ["refusals", "#content .table, #content .empty"],
    ["runbook/redis-is-lost", ".runbook h1"],
  ];
  for (const [view, there] of views) {
    await page.goto(`${shoal.adminUrl}/#/${view}`);
    await page.locator(there).first().waitFor({ timeout: 60_000 });
    for (const theme of ["light", "dark"] as const)
      expect([view, theme, await faultsOf(page, theme)]).toEqual([view, theme, []]);
    expect([view, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([view, 375]);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  for (const theme of ["light", "dark"] as const) expect(await faultsOf(page, theme)).toEqual([]);
});
