import type { Browser, Locator } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { secretKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";
import { visitChat } from "./support/chat-page.js";

const SECRET = "a secret of the tests, with more than 32 bytes";
const ENOUGH_TO_SCROLL = 50;
const READER = { sub: "ann", caps: { "*": ["read"] } };

let browser: Browser;
let url: string;

const tokenOf = (claims: object) =>
  signToken(secretKey(SECRET), { exp: Math.floor(Date.now() / 1000) + 600, ...claims });

beforeAll(async () => {
  browser = await startBrowser();
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET };
  ({ url } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env }));
  const headers = {
    Authorization: `Bearer ${await tokenOf({ sub: "bea" })}`,
    "Content-Type": "application/json",
  };
  for (let id = 1; id <= ENOUGH_TO_SCROLL; id += 1) {
    const body = JSON.stringify({ id: String(id), body: `message ${id}` });
    const answer = await fetch(`${url}/rooms/lobby/messages`, { method: "POST", headers, body });
    expect(answer.status).toBe(200);
  }
});

/** How far the element's lower edge is below that of the messages, in pixels. */
const below = (element: Locator): Promise<number> =>
  element.evaluate((one) => {
    const edge = one.closest(".log")?.getBoundingClientRect().bottom ?? 0;
    return one.getBoundingClientRect().bottom - edge;
  });

test("why a message was refused, and what can be done, are in sight where its reader was at the end, and nowhere else", async () => {
  const { page, opened, say } = await visitChat(await newPerson(browser), url);
  await page.waitForSelector("#token-form:not([hidden])");
  await page.fill("#token", await tokenOf(READER));
  await page.press("#token", "Enter");
  await opened();

  await say("not allowed");
  const discard = page.locator(".unsent").getByRole("button", { name: "Discard" });
  await discard.waitFor();
  await eventually(async () => expect(await below(discard)).toBeLessThanOrEqual(0));
  expect(await page.locator(".unsent .outcome").textContent()).not.toBe("");

  // Whoever reads back stays where he is while he is refused once more.
  const log = page.locator(".conversation:not([hidden]) .log");
  await log.evaluate((element) => element.scrollTo(0, 0));
  await page.locator(".unsent").getByRole("button", { name: "Retry" }).dispatchEvent("click");
  await eventually(async () => expect(await discard.isVisible()).toBe(true));
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  expect(await log.evaluate((element) => element.scrollTop)).toBe(0);
});
