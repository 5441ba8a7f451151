import type { Browser, Page } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { type ChatPage, openChat } from "./support/chat-page.js";

const PHONE = { width: 375, height: 667 };
const DESKTOP = { width: 1280, height: 800 };

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  shoal = await spawnShoal();
});

const focusIsIn = (page: Page, id: string) =>
  eventually(async () => expect(await page.evaluate("document.activeElement.id")).toBe(id));

async function onPhone(room = "lobby"): Promise<ChatPage> {
  const chat = await openChat(await newPerson(browser), `${shoal.url}/#room=${room}`);
  await chat.page.setViewportSize(PHONE);
  return chat;
}

test("after a new name the focus is in the draft, and only then", async () => {
  const chat = await openChat(await newPerson(browser), shoal.url);
  const { page } = chat;
  await page.fill("#user-name", "ann");
  await page.press("#user-name", "Enter");
  await page.waitForSelector("#user-form", { state: "hidden" });
  await eventually(async () => expect(await chat.text("present-names")).toContain("ann (you)"));

  await focusIsIn(page, "draft");
  await page.reload();
  await chat.opened();
  expect(await page.evaluate("document.activeElement.tagName")).toBe("BODY");
});

test.each([
  ["a desktop", DESKTOP, "user-change"],
  ["a phone", PHONE, "menu"],
])("on %s Escape leaves the name as it is, and the focus where it came from", async (_on, size, from) => {
  const { page, opened, text } = await openChat(await newPerson(browser), shoal.url);
  await page.fill("#user-name", "bea");
  await page.press("#user-name", "Enter");
  await focusIsIn(page, "draft");
  await opened();
  await page.setViewportSize(size);
  if (size === PHONE) await page.click("#menu");
  await page.click("#user-change");
  await focusIsIn(page, "user-name");

  await page.fill("#user-name", "not allowed");
  await page.keyboard.press("Enter");
  await eventually(async () => expect(await text("user-problem")).not.toBe(""));
  await page.keyboard.press("Escape");

  expect(await page.isVisible("#user-form")).toBe(false);
  await focusIsIn(page, from);
  if (size === PHONE) await page.click("#menu");
  await page.click("#user-change");
  expect(await page.inputValue("#user-name")).toBe("bea");
  expect(await text("user-problem")).toBe("");
  expect(await page.getAttribute("#user-name", "aria-invalid")).toBe("false");
});

test("on a phone the focus is in the draft after a room is opened or left, and at the menu after a link in it", async () => {
  const { page, text } = await onPhone();
  await page.click("#menu");
  await page.fill("#room-name", "kitchen");
  await page.press("#room-name", "Enter");
  await eventually(async () => expect(await text("title")).toBe("kitchen"));
  await focusIsIn(page, "draft");

  // The room that is in front already.
  await page.click("#menu");
  await page.fill("#room-name", "kitchen");
  await page.press("#room-name", "Enter");
  await focusIsIn(page, "draft");

  await page.click("#menu");
  await page.click("#room-leave");
  await eventually(async () => expect(await text("title")).toBe("lobby"));
  await focusIsIn(page, "draft");

  // A link is to read: no keyboard comes up.
  await page.evaluate("location.hash = '#room=kitchen'");
  await eventually(async () => expect(await text("title")).toBe("kitchen"));
  await page.click("#menu");
  await page.click("#places a[href='#room=lobby']");
  await eventually(async () => expect(await text("title")).toBe("lobby"));
  await focusIsIn(page, "menu");
});

test("a long name of a room leaves the draft one line high, and is said in full by its label", async () => {
  const { page, text } = await onPhone();
  const heightPx = () => page.locator("#draft").evaluate((draft) => draft.getBoundingClientRect().height);
  const before = await heightPx();

  await page.evaluate(`location.hash = "#room=${"x".repeat(128)}"`);
  await eventually(async () => expect(await text("title")).toBe("x".repeat(128)));

  expect(await heightPx()).toBe(before);
  expect(await text("draft-label")).toBe(`Message to the room ${"x".repeat(128)}`);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
});
