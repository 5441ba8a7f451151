import type { Browser, Page } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { openConsole, SEEN_WITHIN_MS, startConsole } from "./support/console-page.js";

const admin = makeKey("a".repeat(64));
const PHONE = { width: 390, height: 844 };
/** As long as they may be, and without a place to break. */
const user = "u".repeat(128);
const room = `wide${"w".repeat(124)}`;

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  ({ browser, shoal } = await startConsole(admin));
  const client = await connectClient(shoal.url, { auth: { user } });
  await emitAck(client.socket, "subscribe", { room });
  const items = [{ room, id: "m1", from: user, body: "w".repeat(500) }];
  await apiOf(shoal.adminUrl, admin.key)("POST", "/v1/publish", { items });
});

async function open(view: string, there: string): Promise<Page> {
  const { page } = await openConsole(browser, shoal.adminUrl, admin.key, view);
  await page.setViewportSize(PHONE);
  await eventually(async () => expect(await page.locator(there).count()).toBeGreaterThan(0), {
    withinMs: SEEN_WITHIN_MS,
  });
  return page;
}

const widthOf = (page: Page) => page.evaluate("document.documentElement.scrollWidth");

test.each([
  ["a user", `#/users/${user}`, ".result tbody tr"],
  ["a room with its members", `#/room/${room}`, ".members a"],
  ["the rooms", "#/rooms", "tbody tr"],
  ["the audit", "#/refusals", "#content .empty, #content tbody tr"],
  ["the overview", "#/overview", "tbody tr"],
])("long names make no view wider than a phone: %s", async (_what, view, there) => {
  const page = await open(view, there);
  if (view.includes("room/")) await page.getByLabel("Show bodies").check();
  if (view === "#/refusals") {
    await page.getByLabel("What").selectOption("");
    await eventually(async () => expect(await page.locator("tbody tr").count()).toBeGreaterThan(0));
  }

  expect(await widthOf(page)).toBe(PHONE.width);
});

test("what was done to a user with a long name is told within the screen", async () => {
  const page = await open(`#/users/${user}`, ".result tbody tr");
  await page.getByRole("button", { name: "Make them reconnect" }).click();
  await page.click("#confirm-yes");
  await eventually(async () => expect(await page.textContent(".done")).toMatch(/Connections of u+ ended: 1/));

  expect(await widthOf(page)).toBe(PHONE.width);
});

test("a room with a long name leaves the numbers of the others on a phone's screen", async () => {
  const page = await open("#/rooms", "tbody tr");

  const box = await page.locator("td[data-head=kept]").first().boundingBox();

  expect((box?.x ?? PHONE.width) + (box?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
  const name = await page.locator("tbody th").first().boundingBox();
  expect(name?.width).toBeGreaterThan(100);
});
