import type { Browser, Page } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { openChat } from "./support/chat-page.js";

const BATCH = 50;
/** Fewer than the page keeps for somebody who reads back, but his place is further down than what it keeps below that. */
const BEFORE = 1200;

/** Counts questions about the layout besides those once a frame, when it is made in any case, and for what the reader does. */
const COUNT_LAYOUTS = `
  globalThis.asked = 0;
  const height = Object.getOwnPropertyDescriptor(Element.prototype, "scrollHeight");
  const nextFrame = requestAnimationFrame;
  let isFrame = false;
  globalThis.requestAnimationFrame = (callback) =>
    nextFrame((time) => {
      isFrame = true;
      callback(time);
      isFrame = false;
    });
  Object.defineProperty(Element.prototype, "scrollHeight", {
    get() {
      if (!isFrame && globalThis.event?.type !== "scroll") globalThis.asked += 1;
      return height.get.call(this);
    },
  });`;

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
  shoal = await spawnShoal();
});

/** Publishes messages in batches, as one client. */
async function flood(count: number, batch: string, room = "lobby"): Promise<void> {
  const { socket } = await connectClient(shoal.url, { auth: { user: "flooder" } });
  for (let first = 1; first <= count; first += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, index) => ({
      id: `${batch}${first + index}`,
      body: `message ${first + index}`,
    }));
    await expect(emitAck(socket, "publish", { room, messages })).resolves.toMatchObject({
      ok: true,
    });
  }
}

test("a flood of messages leaves the page bounded, at its end, and does not ask for the layout for each of them", async () => {
  const person = await newPerson(browser);
  await person.addInitScript(COUNT_LAYOUTS);
  const chat = await openChat(person, shoal.url);

  await flood(2000, "first");

  await eventually(async () => expect(await chat.text("subtitle")).toBe("All messages up to 2000"), {
    withinMs: 60_000,
  });
  const bodies = await chat.bodies();
  expect(bodies.at(-1)).toBe("message 2000");
  expect(bodies.length).toBeGreaterThanOrEqual(500);
  expect(bodies.length).toBeLessThanOrEqual(600);
  await eventually(async () => {
    const left = await chat.page
      .locator(".conversation:not([hidden]) .log")
      .evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
    expect(left).toBeLessThan(48);
  });
  expect(await chat.page.evaluate("asked")).toBeLessThan(200);
  expect(chat.complaints).toEqual([]);
});

/** The first message in sight, and how far below the upper edge it begins, in pixels. */
const placeIn = (page: Page): Promise<[string, number]> =>
  page.locator(".conversation:not([hidden]) .log").evaluate((element) => {
    const { top } = element.getBoundingClientRect();
    const items = [...element.querySelectorAll(".stored > li:has(.body)")];
    const seen = items.find((item) => item.getBoundingClientRect().bottom > top);
    const text = seen?.querySelector(".body")?.textContent ?? "";
    return [text, Math.round((seen?.getBoundingClientRect().top ?? 0) - top)];
  });

async function goTo(page: Page, room: string): Promise<void> {
  await page.evaluate(`location.hash = "room=${room}"`);
}

test.each([
  ["flooded", "flooded"],
  ["left", "another"],
])(
  "who reads back in %s keeps his place while more messages come than the page keeps, with %s in front",
  async (room, front) => {
    const chat = await openChat(await newPerson(browser), `${shoal.url}/#room=${room}`);
    const log = chat.page.locator(".conversation:not([hidden]) .log");
    await flood(BEFORE, "before", room);
    const earlier = chat.page.locator(".conversation:not([hidden]) .earlier button");
    await eventually(
      async () => {
        if (await earlier.isVisible()) await earlier.click();
        expect((await chat.bodies()).length).toBeGreaterThanOrEqual(BEFORE);
      },
      { withinMs: 120_000 },
    );
    const place = () => placeIn(chat.page);
    await log.evaluate((element) => element.scrollTo(0, (3 * element.scrollHeight) / 4));
    await eventually(async () =>
      expect(await chat.page.locator(".conversation:not([hidden]) .jump").isHidden()).toBe(true),
    );
    const before = await place();

    const isComplete = async () =>
      expect(await chat.text("subtitle")).toBe(`All messages up to ${BEFORE + 2500}`);
    await goTo(chat.page, front);
    await flood(2500, "after", room);
    await goTo(chat.page, room);
    await eventually(isComplete, { withinMs: 60_000 });

    expect(await place()).toEqual(before);
    expect((await chat.bodies()).length).toBeLessThanOrEqual(1600);
    const notes = await log.locator(".note").allTextContents();
    expect(notes.filter((text) => text.includes("left out here"))).toHaveLength(1);
    await chat.page.locator(".conversation:not([hidden]) .jump").click();
    await eventually(async () => expect((await place())[0]).toMatch(/^message 24\d\d$/));
    expect(chat.complaints).toEqual([]);
  },
);
