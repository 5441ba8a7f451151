import type { Browser, Page } from "playwright-core";
import { newPerson, openTab, type Tab } from "../../support/browser.js";
import { eventually } from "../../support/wait.js";

/** A sample comes every 10 s, the page asks every 5 s. */
export const SEEN_WITHIN_MS = 40_000;

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
