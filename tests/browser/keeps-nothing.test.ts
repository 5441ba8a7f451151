import type { BrowserContext } from "playwright-core";
import { makeKey } from "../support/api-keys.js";
import { openTab, startForgetfulPerson } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";
import { openChat, visitChat } from "./support/chat-page.js";

const admin = makeKey("admin");
/** For a page that is loaded on a busy machine. */
const LOADED = { withinMs: 30_000 };

let person: BrowserContext;
let mongodbUri: string;

beforeAll(async () => {
  person = await startForgetfulPerson();
  mongodbUri = (await startMongo()).uriFor();
});

test("a browser that keeps nothing has the page nevertheless, and is told that a name cannot be kept", async () => {
  const shoal = await spawnShoal({ mongodbUri });
  const chat = await openChat(person, shoal.url);
  expect(await chat.page.evaluate("navigator.locks.query().catch(({ name }) => name)")).toBe("SecurityError");

  await chat.say("said");
  await eventually(async () => expect(await chat.numbers()).toEqual(["✓ 1"]));
  await chat.page.fill("#user-name", "ann");
  await chat.page.press("#user-name", "Enter");

  await eventually(async () => expect(await chat.text("user-problem")).toMatch(/keep nothing/));
  expect(await chat.bodies()).toEqual(["said"]);
});

test("a message that waits for the server is not said to be kept", async () => {
  const worker = await startWorker({ mongodbUri });
  const chat = await openChat(person, worker.url);
  await worker.stop();

  await chat.say("unsent");

  await eventually(
    async () => expect(await chat.text("subtitle")).toMatch(/; 1 waiting to be sent$/),
    LOADED,
  );
  expect(await chat.page.locator("[title^='Not confirmed yet']").getAttribute("title")).not.toContain("kept");
});

test("where a token is wanted, it is told that it cannot sign in, once, and not by loading again and again", async () => {
  const env = { AUTH: "jwt", AUTH_SECRET: "a secret of the tests, with more than 32 bytes" };
  const { url } = await startWorker({ mongodbUri, env });
  const chat = await visitChat(person, url);
  let loads = 0;
  chat.page.on("domcontentloaded", () => {
    loads += 1;
  });

  await eventually(async () => expect(await chat.text("state-detail")).toMatch(/keep nothing/), LOADED);
  await chat.page.click("#retry-now");
  await eventually(async () => expect(await chat.text("state-label")).toBe("Refused"), LOADED);

  expect(loads).toBe(0);
});

test("it signs in to the console, which begins with any address", async () => {
  const shoal = await spawnShoal({ mongodbUri, env: { API_KEYS: JSON.stringify([admin.entry]) } });
  const { page, complaints } = await openTab(person, `${shoal.adminUrl}/#/users/%E0%A4%A`);

  await page.getByLabel("Key of the server API").fill(admin.key);
  await page.keyboard.press("Enter");

  await eventually(async () => expect(await page.textContent("#content h1")).toBe("Users"), LOADED);
  expect(await page.inputValue("#search")).toBe("%E0%A4%A");
  expect(complaints.filter((one) => !/40[04]/.test(one))).toEqual([]);
});

test("no form can send the console's key, also where its script has not come", async () => {
  const shoal = await spawnShoal({ mongodbUri, env: { API_KEYS: JSON.stringify([admin.entry]) } });
  const { page } = await openTab(person, shoal.adminUrl);

  expect(await page.getByLabel("Key of the server API").getAttribute("name")).toBeNull();
});
