import type { Browser } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { openConsole, shows, signIn, startConsole } from "./support/console-page.js";

const admin = makeKey("admin");
const NAME_FORM = /room: must be 1 to 128 letters/;

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  ({ browser, shoal } = await startConsole(admin));
});

test("a worker that does not answer leads to the runbook, and puts in doubt that a user is away", async () => {
  const { page, complaints } = await openConsole(browser, shoal.adminUrl);
  await page.route(/\/instance(\?.*)?$/, async (route) => {
    const answer = await route.fetch();
    const report = (await answer.json()) as { workers: object[] };
    await route.fulfill({
      json: { ...report, workers: report.workers.map((one) => ({ ...one, isSilent: true })) },
    });
  });
  await signIn(page, admin.key);

  await shows(page, "[data-view=overview] tbody", "no answer");
  const link = page.locator("[data-view=overview] tbody a");
  expect(await link.getAttribute("href")).toBe("#/runbook/one-worker-is-hot-or-blocked");

  await page.evaluate('location.hash = "#/users/ann"');
  await shows(page, ".result .summary", "Not connected, on any instance.");
  await shows(
    page,
    ".result .doubt",
    "Worker 1 of this instance does not answer: what it has is not counted, and not ended. Runbook",
  );
  await page.unrouteAll();
  await page.getByRole("button", { name: "Look again" }).click();
  await shows(page, ".result", /^annNot connected, on any instance\.Look again/);
  expect(complaints).toEqual([]);
});

test("a name that no room can have is told once, with nothing to do about it", async () => {
  const { page } = await openConsole(browser, shoal.adminUrl, admin.key, "#/room/a%20b");

  await shows(page, "[data-view=room] .problem", NAME_FORM);
  expect(await page.textContent("#lost")).toBe("");
  expect(await page.getByRole("button", { name: "Remove all messages" }).isVisible()).toBe(false);
  await apiOf(shoal.adminUrl, admin.key)("POST", "/v1/publish", {
    items: [{ room: "a", id: "1", from: "ann", body: "x" }],
  });
  await page.evaluate('location.hash = "#/room/a"');
  await shows(page, "[data-view=room] .facts", "Newest number1");
});

test("a key with a letter that no header takes is told as one that does not count", async () => {
  const { page, complaints } = await openConsole(browser, shoal.adminUrl, `${admin.key}\u200b`);

  await shows(page, "#key-problem", "This key does not count. Look whether all of it is there");
  expect(complaints).toEqual([]);
});
