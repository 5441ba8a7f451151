import mongoose from "mongoose";
import type { Browser } from "playwright-core";
import { freePort } from "../../tools/shared/ports.js";
import { newPerson, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaintsBesidesNetwork, openChat, postAll, series } from "./support/chat-page.js";

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

/** The page comes back within some seconds by itself, which grow with the time that the service is away. */
const BACK = { withinMs: 20_000 };

test("the page survives kill -9 of its worker without a gap, while another client goes on publishing", async () => {
  const shoal = await spawnShoal({ workers: 2 });
  const chat = await openChat(await newPerson(browser), shoal.url);
  await postAll(shoal.url, series(40));
  await chat.say("mine");
  await eventually(async () => expect(await chat.numbers()).toContain("✓ 41"));

  const session = await chat.text("session-id");
  const pid = shoal.workers().get(Number(await chat.text("worker"))) ?? 0;
  const publishing = postAll(shoal.url, series(160, 41));
  process.kill(pid, "SIGKILL");
  await chat.say("mine, while nobody listens");
  await publishing;

  await eventually(async () => expect(await chat.bodies()).toHaveLength(162), BACK);
  const bodies = await chat.bodies();
  expect(bodies.filter((body) => !body.startsWith("mine"))).toEqual(series(160));
  expect(bodies.filter((body) => body.startsWith("mine"))).toEqual(["mine", "mine, while nobody listens"]);
  const numbers = (await chat.numbers()).map((number) => Number(number.replace("✓ ", "")));
  expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  expect(new Set(numbers).size).toBe(162);
  expect(await chat.unsent()).toEqual([]);
  expect(await chat.text("session-id")).not.toBe(session);
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

test("the page survives the stop of its instance, and shows what was said before it came back", async () => {
  const mongo = await startMongo();
  const options = { mongodbUri: mongo.uriFor(), env: { PORT: String(await freePort()) } };
  const first = await spawnShoal(options);
  const chat = await openChat(await newPerson(browser), first.url);
  await postAll(first.url, series(20));
  await first.stop();
  await eventually(async () => expect(await chat.text("state-label")).toBe("Reconnecting"));
  await chat.say("said to nobody");
  await eventually(async () =>
    expect(await chat.text("subtitle")).toMatch(/^All messages up to 20; 1 waiting to be sent/),
  );

  // Another one first, so that messages are stored while the page is certainly away.
  const elsewhere = await spawnShoal({ mongodbUri: options.mongodbUri });
  await postAll(elsewhere.url, series(60, 21));
  await spawnShoal(options);

  await eventually(async () => expect(await chat.bodies()).toEqual([...series(60), "said to nobody"]), BACK);
  expect((await chat.numbers()).at(-1)).toBe("✓ 61");
  await eventually(async () => expect(await chat.text("subtitle")).toBe("All messages up to 61"));
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

test("the page says so when the log of its room is another one than before", async () => {
  const mongo = await startMongo();
  const options = { mongodbUri: mongo.uriFor(), env: { PORT: String(await freePort()) } };
  const first = await spawnShoal(options);
  const chat = await openChat(await newPerson(browser), first.url);
  await postAll(first.url, series(5));
  await eventually(async () => expect(await chat.bodies()).toEqual(series(5)));
  await first.stop();
  const database = await mongoose.createConnection(options.mongodbUri).asPromise();
  await database.dropDatabase();
  await database.close();

  const second = await spawnShoal(options);
  await postAll(second.url, ["a new beginning"]);

  await eventually(async () => expect(await chat.bodies()).toEqual(["a new beginning"]), BACK);
  expect(await chat.numbers()).toEqual(["1"]);
  expect(await chat.page.locator(".note").allTextContents()).toEqual([
    expect.stringMatching(/started anew on the server/),
  ]);
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});
