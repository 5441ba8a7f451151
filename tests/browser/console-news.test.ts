import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import { startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";
import { openConsole, shows, signIn } from "./support/console-page.js";

const admin = makeKey("admin");
const guest = makeKey("guest");

const GONE =
  "The key guest counts no longer: it was taken out or replaced. Sign in with the new one; this view opens again.";

let browser: Browser;
let shoal: Shoal;
let keysFile: string;

beforeAll(async () => {
  browser = await startBrowser();
  keysFile = join(await tempDir("keys"), "keys.json");
  await writeFile(keysFile, JSON.stringify([admin.entry, guest.entry]));
  const env = { API_KEYS_FILE: keysFile };
  shoal = await spawnShoal({ workers: 1, mongodbUri: (await startMongo()).uriFor(), env });
});

test("a question that a worker which hangs does not answer is told and asked again, without those to all", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl);
  let hangs = true;
  await page.route("**/instances", () => {}); // no answer ever
  await page.route(/\/instance(\?.*)?$/, (route) => {
    return hangs ? undefined : route.continue();
  });
  await page.getByLabel("Key of the server API").fill(admin.key);
  await page.keyboard.press("Enter");

  await shows(page, "#lost", "No news: The private port does not answer. Trying again.");
  hangs = false;
  await shows(page, "#content h1", shoal.instance);
  expect(await page.textContent("#lost")).toBe("");
});

test("what comes after a view was left is not told in the next one", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl);
  let give = (): void => {};
  const asked = new Promise<void>((resolve) => {
    void page.route(/\/instance(\?.*)?$/, async (route) => {
      resolve();
      await new Promise<void>((go) => {
        give = go;
      });
      await route.abort();
    });
  });
  await page.getByLabel("Key of the server API").fill(admin.key);
  await page.keyboard.press("Enter");
  await asked;
  await page.evaluate('location.hash = "#/runbook/redis-is-lost"');
  await shows(page, ".runbook h1", "Redis is lost");

  const failed = page.waitForEvent("requestfailed");
  give();
  await failed;
  // By an answer that was asked for later, what was to be done about that one is done.
  await page.evaluate('fetch("/livez").then((answer) => answer.text())');

  expect(await page.textContent("#lost")).toBe("");
});

test("what is refused is asked again at its time, and what nobody answers sooner", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl);
  const counts = await page.evaluate(`import("/console/poll.js").then(({ poll }) => new Promise((resolve) => {
    const counts = { 403: 0, 429: 0, 503: 0 };
    for (const status of [403, 429, 503]) poll(600_000, async () => {
      counts[status] += 1;
      if (counts[503] === 3) resolve(counts);
      throw { status };
    });
  }))`);

  expect(counts).toEqual({ 403: 1, 429: 1, 503: 3 });
});

test("a key that is taken away ends the sign-in also where the view asks for nothing", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl, guest.key, "#/runbook/redis-is-lost");
  await shows(page, ".runbook h1", "Redis is lost");

  await writeFile(keysFile, JSON.stringify([admin.entry]));

  await shows(page, "#key-problem", GONE);
  expect(await page.textContent("#content")).toBe("");
  await signIn(page, admin.key);
  await shows(page, ".runbook h1", "Redis is lost");
  await writeFile(keysFile, JSON.stringify([admin.entry, guest.entry]));
  const asGuest = apiOf(shoal.adminUrl, guest.key);
  await eventually(async () => expect((await asGuest("GET", "/v1/key")).status).toBe(200));
});

test("a key that is taken away while something is asked ends the question, and nothing is done", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl, guest.key, "#/users/eve");
  await shows(page, ".result", "Not connected");
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") posts.push(request.url());
  });
  await page.getByRole("button", { name: "Revoke tokens" }).click();
  expect(await page.isVisible("#confirm")).toBe(true);

  await page.route("**/v1/key", (route) => route.fulfill({ status: 401, json: {} }));

  await shows(page, "#key-problem", GONE);
  expect(await page.isVisible("#confirm")).toBe(false);
  expect(await page.evaluate("document.activeElement.id")).toBe("key");
  expect(posts).toEqual([]);
});

test("a question does not stay open over another view", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl, admin.key, "#/users/eve");
  await shows(page, ".result", "Not connected");
  await page.getByRole("button", { name: "Revoke tokens" }).click();

  await page.evaluate('location.hash = "#/runbook/redis-is-lost"');

  await shows(page, ".runbook h1", "Redis is lost");
  expect(await page.isVisible("#confirm")).toBe(false);
});

test("who comes back from a room finds the page of the list that he left", async () => {
  const rooms = Array.from({ length: 60 }, (_, index) => `list:${String(index).padStart(2, "0")}`);
  const item = { rooms, id: "m1", from: "ann", body: "words" };
  await apiOf(shoal.adminUrl, admin.key)("POST", "/v1/broadcast", item);
  const { page, complaints } = await openConsole(browser, shoal.adminUrl, admin.key, "#/rooms/list:");
  await shows(page, "tbody tr:first-child", "list:00");
  await page.getByRole("button", { name: "Next" }).click();
  await shows(page, "tbody tr:first-child", "list:50");

  await page.getByRole("link", { name: "list:55" }).click();
  await shows(page, ".facts", /Newest number1/);
  await page.goBack();
  await shows(page, "tbody tr:first-child", "list:50");

  await page.getByRole("link", { name: "list:55" }).click();
  await page.getByRole("link", { name: "Back to the list" }).click();
  await shows(page, "tbody tr:first-child", "list:50");
  await page.getByRole("button", { name: "Previous" }).click();
  await shows(page, "tbody tr:first-child", "list:00");
  expect(complaints).toEqual([]);
});
