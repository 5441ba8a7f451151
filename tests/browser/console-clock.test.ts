import { makeKey } from "../support/api-keys.js";
import { newPerson, openTab, startBrowser } from "../support/browser.js";
import { connectClient } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { SEEN_WITHIN_MS, signIn } from "./support/console-page.js";

const HOUR_MS = 3_600_000;

test.each([
  ["fast", 3 * HOUR_MS],
  ["slow", -3 * HOUR_MS],
])("ages are right although the clock of the browser is hours %s", async (_how, offsetMs) => {
  const admin = makeKey("admin");
  const env = { API_KEYS: JSON.stringify([admin.entry]) };
  const shoal = await spawnShoal({ workers: 1, mongodbUri: (await startMongo()).uriFor(), env });
  await connectClient(shoal.url, { auth: { user: "eve" } });
  const person = await newPerson(await startBrowser());
  await person.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${offsetMs}; }`);
  const { page } = await openTab(person, `${shoal.adminUrl}/#/overview`);
  await signIn(page, admin.key);

  const age = /^([1-9]|\d\d) s|^[1-9] min/;
  const seen = { withinMs: SEEN_WITHIN_MS };
  await eventually(async () => {
    const [up = ""] = await page.locator("#content h1 small").allTextContents();
    expect(up.replace(/^.* up /, "")).toMatch(age);
  }, seen);
  const state = page.locator("tbody td[data-head=state]");
  await eventually(
    async () =>
      expect(await state.allTextContents()).toEqual([
        expect.stringMatching(/^ready ([1-9]|\d\d) s|^ready [1-9] min/),
      ]),
    seen,
  );
  await page.goto(`${shoal.adminUrl}/#/users/eve`);
  const since = page.locator("td[data-head=since]");
  // The connection may be younger than a second: it is looked at until it is older.
  await eventually(async () => {
    await page.getByRole("button", { name: "Look again" }).click();
    expect(await since.allTextContents()).toEqual([expect.stringMatching(age)]);
  }, seen);
});
