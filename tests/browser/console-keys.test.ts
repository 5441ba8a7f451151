import type { Browser, Page } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { openConsole, SEEN_WITHIN_MS, shows, startConsole } from "./support/console-page.js";

const admin = makeKey("admin");
const pager = makeKey("pager", { "den:*": ["page"] });
const clerk = makeKey("clerk", { "*": ["rooms"] });
const host = makeKey("host", { "den:*": ["presence"] });

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  ({ browser, shoal } = await startConsole(admin, pager, clerk, host));
  const items = ["den:1", "den:2"].map((room) => ({ room, id: "m1", from: "ann", body: "words" }));
  await call("POST", "/v1/publish", { items });
  const client = await connectClient(shoal.url, { auth: { user: "eve" } });
  await emitAck(client.socket, "subscribe", { room: "den:1" });
});

const call = (method: string, path: string, body?: unknown) =>
  apiOf(shoal.adminUrl, admin.key)(method, path, body);

/** Opens a view, and notes what is refused there. */
async function open(key: string, view: string): Promise<{ page: Page; refused: string[] }> {
  const { page } = await openConsole(browser, shoal.adminUrl, undefined, view);
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  await page.getByLabel("Key of the server API").fill(key);
  await page.keyboard.press("Enter");
  return { page, refused };
}

/** The room was looked at, and the rights in it, and each once more. */
async function lookedAgain(page: Page): Promise<void> {
  for (let times = 0; times < 2; times += 1)
    await page.waitForResponse((response) => response.url().includes("/v1/key?room="));
}

const remove = (page: Page) => page.getByRole("button", { name: "Remove all messages" });

test("a key that may page in a room opens it by its name, and asks for nothing that is closed to it", async () => {
  const { page, refused } = await open(pager.key, "#/rooms");
  await shows(page, "#content .closed-note", /closed to your key.*rooms/);
  await page.getByLabel("Open a room by its name").fill("den:1");
  await page.keyboard.press("Enter");

  await shows(page, ".facts", /Newest number1.*Members1/);
  await shows(page, ".tail", /^1ann/);
  expect(await page.textContent(".members")).toBe("Who is here: takes presence.");
  expect(await remove(page).isDisabled()).toBe(true);
  await shows(page, "#content", "Removing takes a key with manage in this room.");
  await lookedAgain(page);
  expect(refused).toEqual([]);
});

test("a key that may list rooms sees where one stands, and asks for nothing that is closed to it", async () => {
  const { page, refused } = await open(clerk.key, "#/room/den:1");

  await shows(page, ".facts", /Newest number1.*Members.*takes page/);
  expect(await page.textContent(".messages .problem")).toMatch("your key may not read this room (page)");
  expect(await page.locator(".tail li").count()).toBe(0);
  await lookedAgain(page);
  expect(refused).toEqual([]);
});

test("a key with presence alone sees who is in a room, and nothing else", async () => {
  const { page, refused } = await open(host.key, "#/room/den:1");

  await shows(page, ".members", /Here:.*eve/);
  await shows(page, "#content .problem", "takes one with page in it");
  expect(await page.textContent(".facts")).toBe("");
  await lookedAgain(page);
  expect(refused).toEqual([]);
});

test("a room that is closed to the key says so, and is not asked for again and again", async () => {
  const { page, refused } = await open(pager.key, "#/room/other:1");

  await shows(page, "#content .problem", "This room is closed to your key. It takes one with page in it.");
  await lookedAgain(page);
  expect(refused).toEqual([]);
});

test("rights that the key gets are used in the room that is shown", async () => {
  const { page } = await open(admin.key, "#/rooms");
  let inRoom = ["presence"];
  await page.route("**/v1/key?room=*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ json: { ...(await response.json()), inRoom } });
  });
  await page.getByLabel("Open a room by its name").fill("den:1");
  await page.keyboard.press("Enter");
  await shows(page, ".members", /eve/);
  expect(await page.locator(".tail li").count()).toBe(0);
  expect(await remove(page).isDisabled()).toBe(true);

  inRoom = ["page", "presence", "manage"];

  await shows(page, ".tail", /^1ann/);
  expect(await page.textContent(".messages .problem")).toBe("");
  await eventually(async () => expect(await remove(page).isEnabled()).toBe(true));
});

test("a room without messages says so: one that was emptied, and one that was never used", async () => {
  await call("DELETE", "/v1/rooms/den:2");
  const emptied = await open(admin.key, "#/room/den:2");
  await shows(emptied.page, ".messages .empty:not([hidden])", "There are no messages.");
  expect(await emptied.page.isVisible(".tail-box")).toBe(false);
  await call("POST", "/v1/publish", { items: [{ room: "den:2", id: "m2", from: "ann", body: "words" }] });
  await shows(emptied.page, ".tail", /^2ann/);
  expect(await emptied.page.locator(".messages .empty").isVisible()).toBe(false);

  const { page } = await open(admin.key, "#/room/den:never");
  await shows(page, "#content .problem", "This room was never used.");
  expect(await page.isVisible(".messages")).toBe(false);
  expect(await remove(page).isDisabled()).toBe(true);
  await call("POST", "/v1/publish", { items: [{ room: "den:never", id: "m1", from: "ann", body: "words" }] });
  await shows(page, ".tail", /^1ann/);
  await eventually(async () => expect(await remove(page).isEnabled()).toBe(true), {
    withinMs: SEEN_WITHIN_MS,
  });
});
