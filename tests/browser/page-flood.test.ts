import type { Browser } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { openChat } from "./support/chat-page.js";

const BATCH = 50;

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
async function flood(count: number): Promise<void> {
  const { socket } = await connectClient(shoal.url, { auth: { user: "flooder" } });
  for (let first = 1; first <= count; first += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, index) => ({
      id: `m${first + index}`,
      body: `message ${first + index}`,
    }));
    await expect(emitAck(socket, "publish", { room: "lobby", messages })).resolves.toMatchObject({
      ok: true,
    });
  }
}

test("a flood of messages leaves the page bounded, at its end, and does not ask for the layout for each of them", async () => {
  const person = await newPerson(browser);
  await person.addInitScript(COUNT_LAYOUTS);
  const chat = await openChat(person, shoal.url);

  await flood(2000);

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
