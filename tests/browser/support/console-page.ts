import type { Browser, Page } from "playwright-core";
import type { MadeKey } from "../../support/api-keys.js";
import { newPerson, openTab, startBrowser, type Tab } from "../../support/browser.js";
import { startMongo } from "../../support/mongo.js";
import { type Shoal, spawnShoal } from "../../support/spawn-shoal.js";
import { eventually } from "../../support/wait.js";

/** A sample comes every 10 s, the page asks every 5 s. */
export const SEEN_WITHIN_MS = 40_000;

/** An instance of one worker to which these keys belong, and a browser to look at its console with. */
export async function startConsole(...keys: readonly MadeKey[]): Promise<{ browser: Browser; shoal: Shoal }> {
  const env = { API_KEYS: JSON.stringify(keys.map(({ entry }) => entry)) };
  const mongodbUri = (await startMongo()).uriFor();
  return { browser: await startBrowser(), shoal: await spawnShoal({ workers: 1, mongodbUri, env }) };
}

/** Opens a view of the console at this address, and signs in if there is a key. */
export async function openConsole(browser: Browser, url: string, key?: string, view = ""): Promise<Tab> {
  const tab = await openTab(await newPerson(browser), `${url}/${view}`);
  if (key !== undefined) await signIn(tab.page, key);
  return tab;
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("Key of the server API").fill(key);
  await page.keyboard.press("Enter");
}

/** Shown by the page within the time of two samples. */
export const shows = (page: Page, selector: string, text: string | RegExp) =>
  eventually(async () => expect(await page.textContent(selector)).toMatch(text), {
    withinMs: SEEN_WITHIN_MS,
  });
