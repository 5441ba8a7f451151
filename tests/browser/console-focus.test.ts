import type { Browser, Page } from "playwright-core";
import { makeKey } from "../support/api-keys.js";
import { startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { openConsole, shows } from "./support/console-page.js";

const admin = makeKey("admin");

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  const env = { API_KEYS: JSON.stringify([admin.entry]) };
  shoal = await spawnShoal({ workers: 1, mongodbUri: (await startMongo()).uriFor(), env });
});

const open = (view: string) => openConsole(browser, shoal.adminUrl, admin.key, view);

/** The id of what has the focus, or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate("document.activeElement.id || document.activeElement.textContent");

test("who skips to the view is in the view that is shown, and the address stays", async () => {
  const { page, complaints } = await open("#/users/eve");
  await shows(page, ".result", "Not connected");
  await page.locator(".skip").focus();

  await page.keyboard.press("Enter");

  expect(await focused(page)).toBe("view");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("search");
  expect(page.url()).toBe(`${shoal.adminUrl}/#/users/eve`);
  expect(await page.textContent("#content h1")).toBe("Users");
  expect(await page.textContent(".result h2")).toBe("eve");
  expect(complaints).toEqual([]);
});
