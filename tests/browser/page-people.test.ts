import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { newPerson, openTab, startBrowser } from "../support/browser.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaintsBesidesNetwork, openChat, post, visitChat } from "./support/chat-page.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const PHONE = { width: 375, height: 667 };
const DESKTOP = { width: 1280, height: 800 };
/** By itself, after some seconds; see page-faults.test.ts. */
const BACK = { withinMs: 20_000 };

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  shoal = await spawnShoal({ workers: 2 });
});

const nameIn = (page: Page) => page.inputValue("#user-name");

test("two tabs of one browser are two people, each with a name and a colour that stay", async () => {
  const person = await newPerson(browser);
  const one = await openChat(person, `${shoal.url}/#room=tabs`);
  await one.page.fill("#user-name", "ann");
  await one.page.press("#user-name", "Enter");
  // The page loads again with the name.
  await eventually(async () => expect(await one.page.isVisible("#user-form")).toBe(false), BACK);
  await one.opened();
  expect(await nameIn(one.page)).toBe("ann");

  const opening = person.waitForEvent("page");
  await one.page.click("#second-person");
  const other = await opening;
  await eventually(async () => expect(await other.textContent("#present-count")).toBe("2 here"));
  expect(await nameIn(other)).toBe("ann-2");
  expect(await other.isVisible("#user-form")).toBe(false);
  await other.reload();
  await eventually(async () => expect(await other.textContent("#present-count")).toBe("2 here"));
  expect(await nameIn(other)).toBe("ann-2");

  for (const user of ["bea", "cid", "dan"]) await post(shoal.url, { user, id: user, body: user }, "tabs");
  await eventually(async () => expect(await one.bodies()).toEqual(["bea", "cid", "dan"]));
  // The one who has loaded his page again may still be away for the other.
  await eventually(async () => {
    const colours = await one.page.evaluate<string[]>(
      "[...document.querySelectorAll(':is(.message, .person) .fish')].map((each) => getComputedStyle(each).fill)",
    );
    expect(colours).toHaveLength(5);
    expect(new Set(colours).size).toBe(5);
  });
  expect(one.complaints).toEqual([]);
});

test("a worker that is killed by the command that is shown costs no message", async () => {
  const chat = await openChat(await newPerson(browser), `${shoal.url}/#room=proof`);
  await chat.page.click("#keep-sending");
  await eventually(async () => expect(Number(await chat.text("acknowledged"))).toBeGreaterThan(1), BACK);

  const [, pid] = /^kill -9 (\d+)$/.exec(await chat.text("kill")) ?? [];
  expect(shoal.workerPids()).toContain(Number(pid));
  process.kill(Number(pid), "SIGKILL");
  await eventually(async () => expect(await chat.text("reconnections")).toBe("1"), BACK);
  await chat.page.click("#keep-sending");

  await eventually(async () => {
    expect(await chat.unsent()).toEqual([]);
    expect(await chat.text("acknowledged")).toBe(await chat.text("received"));
  }, BACK);
  const bodies = await chat.bodies();
  expect(bodies).toEqual(bodies.map((_, index) => `test ${index + 1}`));
  expect(await chat.text("received")).toBe(String(bodies.length));
  expect(await chat.text("lost")).toBe("0");
  expect(await chat.text("kill")).not.toContain(pid);
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

test("without a network the page is there after a reload, with what was written", async () => {
  const person = await newPerson(browser);
  const chat = await openChat(person, `${shoal.url}/#room=offline`);
  await chat.page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  await person.setOffline(true);
  await chat.page.reload();
  await chat.say("written without a network");
  await chat.page.reload();
  await eventually(async () => expect(await chat.unsent()).toEqual(["written without a network"]));
  expect(await chat.text("state-label")).not.toBe("Connected");
  const kept = `caches.open("shoal-page-1").then((one) => one.keys()).then((all) => all.map(({ url }) => new URL(url).pathname))`;
  const paths = await chat.page.evaluate<string[]>(kept);
  expect(paths).toContain("/app.js");
  expect(paths.filter((path) => /^\/(rooms\/|health|socket\.io\/$)/.test(path))).toEqual([]);

  await person.setOffline(false);
  await eventually(async () => expect(await chat.bodies()).toEqual(["written without a network"]), BACK);
  await chat.page.click("#facts summary");
  await chat.page.uncheck("#offline");
  const rest =
    "Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()]).then((all) => all.flat().length)";
  await eventually(async () => expect(await chat.page.evaluate(rest)).toBe(0));
  expect(complaintsBesidesNetwork(chat).filter((text) => !text.includes("ERR_INTERNET"))).toEqual([]);
});

test("who comes by a link finds home, and only addresses of the web become links", async () => {
  const chat = await openChat(await newPerson(browser), `${shoal.url}/#room=links`);
  const body = "see https://example.com/a?b=c#d, not javascript:alert(1) nor data:text/html,x";
  await post(shoal.url, { user: "bea", id: "links", body }, "links");
  await eventually(async () => expect(await chat.bodies()).toEqual([body]));
  const links = chat.page.locator(".body a");
  expect(await links.evaluateAll((all) => all.map((each) => each.getAttribute("href")))).toEqual([
    "https://example.com/a?b=c#d",
  ]);
  expect(await links.first().getAttribute("rel")).toContain("noopener");

  await chat.page.getByRole("link", { name: "lobby" }).click();
  await eventually(async () => expect(await chat.text("title")).toBe("lobby"));
  expect(chat.complaints).toEqual([]);
});

test("a message that is too long says by how much, where it is written", async () => {
  const chat = await visitChat(await newPerson(browser), `${shoal.url}/#room=long`);
  await chat.page.fill("#draft", "x".repeat(4_002));
  await chat.page.press("#draft", "Enter");
  expect(await chat.text("draft-problem")).toBe("2 characters too many");
  expect(await chat.text("draft-count")).toBe("4,002 of 4,000");
  await chat.page.fill("#draft", "short");
  await chat.page.press("#draft", "Enter");
  await eventually(async () => expect(await chat.bodies()).toEqual(["short"]));
  expect(await chat.text("draft-problem")).toBe("");
});

test("axe finds nothing, light and dark, on a phone and a desktop; on a phone one row is above the messages", async () => {
  const { page, complaints } = await openTab(await newPerson(browser), `${shoal.url}/#room=axe`);
  await post(shoal.url, { user: "bea", id: "axe", body: "see https://example.com/" }, "axe");
  await page.waitForSelector(".message");
  await page.evaluate(await readFile(AXE, "utf8"));

  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(DESKTOP);
    expect(await findings(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    expect((await page.locator("#conversations").boundingBox())?.y).toBeLessThan(64);
    // What is only hidden from sight must not make the page scroll sideways.
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    expect(await findings(page)).toEqual([]);
    await page.focus("#menu");
    await page.keyboard.press("Enter");
    expect(await page.isVisible("#places")).toBe(true);
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.id")).toBe("menu");
  }
  expect(complaints).toEqual([]);
});

function findings(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))",
  );
}
