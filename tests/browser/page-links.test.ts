import type { Browser } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { openChat, visitChat } from "./support/chat-page.js";

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

test("what leaves the room does not come under the pointer of who has copied its link", async () => {
  const person = await newPerson(browser);
  await person.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { page } = await openChat(person, `${shoal.url}/#room=copied`);
  const placeOf = (id: string) => page.locator(`#${id}`).boundingBox();
  const before = [await placeOf("room-link"), await placeOf("room-leave")];

  await page.click("#room-link");
  await eventually(async () => expect(await page.textContent("#room-link")).toBe("Copied"));

  expect([await placeOf("room-link"), await placeOf("room-leave")]).toEqual(before);
  await eventually(async () => expect(await page.textContent("#room-link")).toBe("Copy link to this room"));
});

test("without a connection the header of a phone has the room's name and two lines at most", async () => {
  const person = await newPerson(browser);
  await person.route(/\/socket\.io\/\?/, (route) => route.abort());
  const chat = await visitChat(person, `${shoal.url}/#room=waiting`);
  await chat.page.setViewportSize({ width: 375, height: 667 });
  await chat.page.waitForSelector("#waiting:not([hidden])");
  await chat.say("for later");

  await eventually(async () => expect(await chat.text("subtitle")).toContain("1 waiting to be sent"));
  const { height } = (await chat.page.locator("header.title").boundingBox()) ?? {};
  expect(height).toBeLessThan(100);
  expect(await chat.page.evaluate("document.documentElement.scrollWidth")).toBe(375);
});
