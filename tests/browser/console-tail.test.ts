import type { Browser, Page } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import type { Tab } from "../support/browser.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { openConsole, shows, startConsole } from "./support/console-page.js";

const admin = makeKey("admin");
/** Of `POST /v1/publish`. */
const MOST_ITEMS = 100;

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  ({ browser, shoal } = await startConsole(admin));
});

/** Stores so many messages, of which the last has the number that is returned. */
async function publish(room: string, count: number): Promise<number> {
  const call = apiOf(shoal.adminUrl, admin.key);
  let last = 0;
  for (let left = count; left > 0; left -= MOST_ITEMS) {
    const items = Array.from({ length: Math.min(left, MOST_ITEMS) }, (_, index) => ({
      ...{ room, id: `${last}-${left}-${index}`, from: "ann", body: "words" },
    }));
    const { body } = await call("POST", "/v1/publish", { items });
    last = body.results.at(-1).seq;
  }
  return last;
}

/** The room's tail, whose next questions are asked when they are released; the paths of those that are asked then. */
async function openHeld(room: string): Promise<Tab & { release(): void; readonly asked: readonly string[] }> {
  await publish(room, 1);
  const tab = await openConsole(browser, shoal.adminUrl, admin.key, `#/room/${room}`);
  await shows(tab.page, ".tail li:last-child .seq", /^1$/);
  const asked: string[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held = () => {};
  const isHeld = new Promise<void>((resolve) => {
    held = resolve;
  });
  await tab.page.route(`**/v1/rooms/${room}**`, async (route) => {
    held();
    await released;
    asked.push(new URL(route.request().url()).pathname.replace(/^.*[/]/, ""));
    await route.continue();
  });
  await isHeld;
  return { ...tab, release, asked };
}

const numbers = async (page: Page) => (await page.locator(".tail .seq").allTextContents()).map(Number);

test("who is some pages behind in a room has caught up with the next look, without a gap", async () => {
  const { page, complaints, release, asked } = await openHeld("busy");
  const last = await publish("busy", 450);

  release();
  await shows(page, ".tail li:last-child .seq", String(last));

  // Those of one look: each look begins with where the room stands.
  expect(asked.filter((path) => path === "busy").length).toBeLessThanOrEqual(1);
  const shown = await numbers(page);
  expect(shown).toEqual(shown.map((_, index) => last - shown.length + 1 + index));
  expect(await page.locator(".tail .passed").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("who is far behind is told how many messages were passed over, and has the newest ones", async () => {
  const { page, complaints, release } = await openHeld("flood");
  const last = await publish("flood", 1500);

  release();
  await shows(page, ".tail li:last-child .seq", String(last));

  await shows(page, ".tail .passed", /^… [\d,]+ messages passed over$/);
  const passed = Number((await page.textContent(".tail .passed"))?.replaceAll(/\D/g, ""));
  const shown = await numbers(page);
  const missing = shown.flatMap((seq, index) => (index === 0 ? [] : [seq - (shown[index - 1] ?? 0) - 1]));
  expect(missing.filter((count) => count !== 0)).toEqual([passed]);
  await page.getByRole("button", { name: "Show earlier" }).click();
  await shows(page, ".tail li:first-child .seq", String((shown[0] ?? 0) - 50));
  expect(complaints).toEqual([]);
});
