import type { Browser } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { openChat } from "./support/chat-page.js";

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  shoal = await spawnShoal();
});

test.each([
  [
    "#room=two%20words",
    "There is no room “two words”: a room has 1 to 128 letters, digits or _ . : @ - and no spaces.",
  ],
  [`#room=${"x".repeat(129)}`, `There is no room “${"x".repeat(60)}…”: a room has 1 to 128`],
  ["#room=", "The link names no room."],
  ["#rooms=kitchen", "The link names no room."],
])("a link that leads to no room says so: %s", async (link, problem) => {
  const chat = await openChat(await newPerson(browser), `${shoal.url}/${link}`);

  expect(await chat.text("title")).toBe("lobby");
  expect(await chat.text("link-problem")).toContain(problem);
  expect(await chat.text("link-problem")).toContain("This is the lobby.");
  await chat.page.evaluate("location.hash = '#room=kitchen'");
  await chat.opened();
  expect(await chat.text("title")).toBe("kitchen");
  expect(await chat.text("link-problem")).toBe("");
  expect(chat.complaints).toEqual([]);
});

test("an address without a room is that of the lobby, and nothing is wrong with it", async () => {
  const chat = await openChat(await newPerson(browser), shoal.url);

  expect(await chat.text("title")).toBe("lobby");
  expect(await chat.page.isVisible("#link-problem")).toBe(false);
});
