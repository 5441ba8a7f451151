import type { Browser, Page } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import { startBrowser } from "../support/browser.js";
import { connectClient } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { openConsole, shows } from "./support/console-page.js";

const admin = makeKey("admin");
const reader = makeKey("reader", { "*": ["users", "rooms", "read", "presence"] });
const keys = { API_KEYS: JSON.stringify([admin.entry, reader.entry]) };

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  shoal = await spawnShoal({ workers: 1, mongodbUri: (await startMongo()).uriFor(), env: keys });
});

const open = (key: string, view: string) => openConsole(browser, shoal.adminUrl, key, view);
const call = (method: string, path: string, body?: unknown) =>
  apiOf(shoal.adminUrl, admin.key)(method, path, body);

async function publishTo(room: string): Promise<void> {
  await call("POST", "/v1/publish", { items: [{ room, id: "m1", from: "ann", body: "words" }] });
}

/** The text of what has the focus, without a mouse. */
const focused = (page: Page): Promise<string> =>
  page.evaluate("document.activeElement.textContent || document.activeElement.id");

/** Goes on with Tab until something of this text, or id, has the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let steps = 0; (await focused(page)) !== text; steps += 1) {
    if (steps > 60) throw new Error(`no ${text} within ${steps} steps`);
    await page.keyboard.press("Tab");
  }
}

async function press(page: Page, text: string): Promise<void> {
  await tabTo(page, text);
  await page.keyboard.press("Enter");
}

const isAsked = (page: Page, is: boolean) =>
  eventually(async () => expect(await page.isVisible("#confirm")).toBe(is));

test("a user is disconnected by keyboard, asked with Keep first, and the focus is not lost", async () => {
  const { page, complaints } = await open(admin.key, "#/users/eve");
  await shows(page, ".result", "Not connected");
  const client = await connectClient(shoal.url, { auth: { user: "eve" } });
  await press(page, "Look again");
  await shows(page, ".result", client.session.id);
  const gone = once(client.socket, "disconnect", 60_000);

  await press(page, "Disconnect");
  await isAsked(page, true);
  expect(await focused(page)).toBe("Keep");
  await page.keyboard.press("Escape");
  await isAsked(page, false);
  expect(await focused(page)).toBe("Disconnect");
  expect(client.socket.connected).toBe(true);
  await page.keyboard.press("Enter");
  await press(page, "Disconnect");

  expect((await gone)[0]).toBe("io server disconnect");
  await shows(page, ".result", /Connections of eve ended: 1/);
  expect(await focused(page)).toBe("Look again");
  expect(complaints).toEqual([]);
});

test("a question that is asked again before the browser tells of its end is a new one, and the first stays refused", async () => {
  const { page } = await open(admin.key, "#/users/ivy");
  await shows(page, ".result", "Not connected");
  const client = await connectClient(shoal.url, { auth: { user: "ivy" } });
  await press(page, "Look again");
  await shows(page, ".result", client.session.id);
  let posts = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/disconnect")) posts += 1;
  });

  // In one turn: the browser tells of the closing in a later one.
  await page.evaluate(`(() => {
    const ask = document.querySelector(".result button.danger");
    ask.click();
    document.getElementById("confirm").close("no");
    ask.click();
  })()`);
  expect(posts).toBe(0);
  await page.click("#confirm-yes");

  await shows(page, ".result", /Connections of ivy ended: 1/);
  expect(posts).toBe(1);
});

test("a user who is gone by now: it is said that no connection was ended", async () => {
  const client = await connectClient(shoal.url, { auth: { user: "fay" } });
  const { page } = await open(admin.key, "#/users/fay");
  await shows(page, ".result", client.session.id);
  client.socket.disconnect();
  await eventually(async () => expect((await call("GET", "/v1/users/fay")).body.count).toBe(0));

  await press(page, "Disconnect");
  await isAsked(page, true);
  await press(page, "Disconnect");

  await shows(page, ".result", /Connections of fay ended: 0/);
});

test("tokens are revoked by keyboard; where there are none that is said, and to a key that may not what it takes", async () => {
  const env = { ...keys, AUTH: "jwt", AUTH_SECRET: "s".repeat(32) };
  const strict = await spawnShoal({ workers: 1, mongodbUri: (await startMongo()).uriFor(), env });
  const { page } = await openConsole(browser, strict.adminUrl, admin.key, "#/users/gil");
  await shows(page, ".result", "Not connected");
  await press(page, "Revoke tokens");
  await isAsked(page, true);
  await press(page, "Revoke");
  await shows(page, ".result", /The tokens are revoked; the last connection is closed by/);
  const { body } = await apiOf(strict.adminUrl, admin.key)("GET", "/v1/revocations");
  expect(body.revocations).toMatchObject([{ target: "user:gil" }]);

  const lax = await open(admin.key, "#/users/gil");
  await shows(lax.page, ".result", "Not connected");
  await press(lax.page, "Revoke tokens");
  await isAsked(lax.page, true);
  await press(lax.page, "Revoke");
  await shows(lax.page, ".result .problem", "Not done: AUTH is none: there are no tokens to revoke.");

  const other = await open(reader.key, "#/users/gil");
  await shows(other.page, ".result", "Revoking takes a key with revoke.");
  expect(await other.page.getByRole("button", { name: "Revoke tokens" }).isDisabled()).toBe(true);
});

test("a room is emptied by keyboard, by its name and Enter, and with another name it is not", async () => {
  await publishTo("den:1");
  const { page, complaints } = await open(admin.key, "#/room/den:1");
  await shows(page, ".facts", /Newest number1/);

  await press(page, "Remove all messages");
  await isAsked(page, true);
  expect(await focused(page)).toBe("confirm-name");
  await page.keyboard.type("den:2");
  await page.keyboard.press("Enter");
  expect(await page.isVisible("#confirm")).toBe(true);
  await page.keyboard.press("Backspace");
  await page.keyboard.type("1");
  await page.keyboard.press("Enter");

  await shows(page, ".done", /^Removed; the room has the epoch/);
  expect((await call("GET", "/v1/rooms/den:1")).body).toMatchObject({ floor: 1, head: 1 });
  expect(await focused(page)).toBe("Remove all messages");
  expect(complaints).toEqual([]);
});

test("who signs in by keyboard goes on in the view", async () => {
  const { page } = await open(admin.key, "#/users");
  await shows(page, "#content h1", "Users");

  expect(await page.evaluate("document.activeElement.id")).toBe("view");
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.closest('#view') !== null")).toBe(true);
});

test("who comes back to the audit finds what was looked at", async () => {
  const client = await connectClient(shoal.url, { auth: { user: "hal" } });
  client.socket.disconnect();
  const { page } = await open(admin.key, "#/refusals");
  await page.getByLabel("What").selectOption("connect");
  await page.getByLabel("User, if one").fill("hal");
  await page.keyboard.press("Enter");
  await eventually(async () => expect(await page.locator("tbody tr").count()).toBe(1));
  await page.getByRole("link", { name: "hal" }).click();
  await shows(page, "#content h1", "Users");

  await page.goBack();

  await shows(page, "#content h1", "Audit");
  expect(await page.getByLabel("What").inputValue()).toBe("connect");
  expect(await page.getByLabel("User, if one").inputValue()).toBe("hal");
  await eventually(async () => expect(await page.locator("tbody tr").count()).toBe(1));
  const chosen = page.locator("#type option:checked");
  expect(await page.locator("tbody td").first().textContent()).toBe(await chosen.textContent());
});
