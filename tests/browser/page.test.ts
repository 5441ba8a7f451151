import type { Browser } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import {
  type ChatPage,
  complaintsBesidesNetwork,
  openChat,
  post,
  postAll,
  series,
  visitChat,
} from "./support/chat-page.js";

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  browser = await startBrowser();
});

beforeEach(async () => {
  shoal = await spawnShoal();
});

const numbered = (count: number, first = 1) =>
  Array.from({ length: count - first + 1 }, (_, index) => String(first + index));

test("two browsers talk, and see who is there and who is typing", async () => {
  const one = await openChat(await newPerson(browser), shoal.url);
  const other = await openChat(await newPerson(browser), shoal.url);
  await eventually(async () => expect(await one.text("present-count")).toBe("2 here"));

  await other.page.locator("#draft").pressSequentially("hello");
  const name = await other.page.inputValue("#user-name");
  await eventually(async () => expect(await one.text("typing")).toBe(`${name} is typing`));
  await other.page.press("#draft", "Enter");
  await eventually(async () => expect(await one.bodies()).toEqual(["hello"]));
  expect(await one.text("typing")).toBe("");
  await one.say("and hello to you");

  await eventually(async () => expect(await other.bodies()).toEqual(["hello", "and hello to you"]));
  expect(await other.numbers()).toEqual(["✓ 1", "2"]);
  await eventually(async () => expect(await one.numbers()).toEqual(["1", "✓ 2"]));
  expect(await one.page.locator(".stored .who").allTextContents()).toEqual([name, "You"]);
  expect([...one.complaints, ...other.complaints]).toEqual([]);
});

test("a reload shows the same conversation, and the way back leads to its beginning", async () => {
  await postAll(shoal.url, series(120));
  const chat = await openChat(await newPerson(browser), shoal.url);
  const last = series(120, 71);
  await eventually(async () => expect(await chat.bodies()).toEqual(last));

  await chat.page.reload();
  await eventually(async () => expect(await chat.bodies()).toEqual(last));
  const earlier = chat.page.getByRole("button", { name: "Show earlier" });
  await earlier.click();
  await eventually(async () => expect(await chat.bodies()).toEqual(series(120, 21)));
  await earlier.click();
  await eventually(async () => expect(await chat.bodies()).toEqual(series(120)));

  expect(await chat.numbers()).toEqual(numbered(120));
  expect(await earlier.isVisible()).toBe(false);
  expect(chat.complaints).toEqual([]);
});

/** Keeps the page from connecting, as when the network is away, but not from being loaded. */
const CONNECTIONS = /\/socket\.io\/\?/;

test("a message that could not be sent survives a reload, and is sent then", async () => {
  const person = await newPerson(browser);
  await person.route(CONNECTIONS, (route) => route.abort());
  const chat = await visitChat(person, shoal.url);
  await chat.say("written offline");
  await chat.say("and this");
  await eventually(async () => expect(await chat.unsent()).toEqual(["written offline", "and this"]));

  await chat.page.reload();
  await eventually(async () => expect(await chat.unsent()).toEqual(["written offline", "and this"]));
  expect(await chat.bodies()).toEqual([]);
  expect(await chat.page.locator(".unsent .number").allTextContents()).toEqual(["pending", "pending"]);
  await person.unroute(CONNECTIONS);
  // Not by a click: it may have come back by itself, and the button is gone.
  await chat.page.dispatchEvent("#retry-now", "click");

  await eventually(async () => expect(await chat.numbers()).toEqual(["✓ 1", "✓ 2"]), { withinMs: 10_000 });
  expect(await chat.bodies()).toEqual(["written offline", "and this"]);
  expect(await chat.unsent()).toEqual([]);
  expect(await unsentKeys(chat)).toEqual([]);
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

test("a message that was stored while its answer was lost is not stored again after a reload", async () => {
  const person = await newPerson(browser);
  await person.route(CONNECTIONS, (route) => route.abort());
  const chat = await visitChat(person, shoal.url);
  await chat.say("only once");
  const [key = ""] = await unsentKeys(chat);
  const user = await chat.page.inputValue("#user-name");
  // What the server does with a publish whose answer gets lost.
  await post(shoal.url, { user, id: key.split("/").at(-1) ?? "", body: "only once" });
  await postAll(shoal.url, series(60));

  await person.unroute(CONNECTIONS);
  await chat.page.reload();
  await eventually(async () => expect(await unsentKeys(chat)).toEqual([]), { withinMs: 10_000 });

  // The newest 50 numbers; the repetition may have taken one of them, which is never used.
  await eventually(async () => expect((await chat.bodies()).slice(-49)).toEqual(series(60, 12)));
  expect(await chat.bodies()).not.toContain("only once");
  await eventually(async () => expect(await chat.unsent()).toEqual([]));
  await chat.page.getByRole("button", { name: "Show earlier" }).click();
  await eventually(async () => expect(await chat.bodies()).toEqual(["only once", ...series(60)]));
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

test("hostile text is shown as it is and does nothing", async () => {
  const hostile = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "</p></li><h1>broken out</h1>",
    "javascript:alert(3)",
    "\u202egnp.exe \u0000 \ud83d\udc1f",
  ];
  const address = `${shoal.url}/#room=<img src=x onerror=alert(4)>`;
  const chat = await openChat(await newPerson(browser), address);
  expect(await chat.text("title")).toBe("lobby");

  for (const [index, body] of hostile.entries()) {
    await post(shoal.url, { user: "mallory", id: `m-${index}`, body });
  }
  await post(shoal.url, { user: "mallory", id: "m-json", body: { html: "<b>", __proto__: null } });
  const { socket } = await connectClient(shoal.url, { auth: { user: "mallory" } });
  await emitAck(socket, "join", { room: "lobby" });
  await emitAck(socket, "message", { room: "lobby", body: { typing: "<i>mallory</i>" } });
  await emitAck(socket, "message", { room: "lobby", body: "<u>relayed</u>" });

  await eventually(async () =>
    expect(await chat.bodies()).toEqual([...hostile, '{"html":"<b>"}', "<u>relayed</u>"]),
  );
  expect(await chat.numbers()).toEqual([...numbered(6), "not stored"]);
  expect(await chat.text("typing")).toBe("<i>mallory</i> is typing");
  expect(await chat.page.locator("main :is(img, script, h1:not(#title), b, i, u)").count()).toBe(0);
  expect(chat.complaints).toEqual([]);
});

test("a page that is open for long keeps only the newest messages", async () => {
  const chat = await openChat(await newPerson(browser), shoal.url);
  const { socket } = await connectClient(shoal.url, { auth: { user: "ann" } });
  for (let batch = 0; batch < 13; batch += 1) {
    const bodies = series(50 * (batch + 1), 50 * batch + 1);
    const messages = bodies.map((body) => ({ id: body.replaceAll(" ", "-"), body }));
    await expect(emitAck(socket, "publish", { room: "lobby", messages })).resolves.toMatchObject({
      ok: true,
    });
  }

  await eventually(async () => expect((await chat.bodies()).at(-1)).toBe("message 650"), {
    withinMs: 10_000,
  });
  const bodies = await chat.bodies();
  expect(bodies).toEqual(series(650, 651 - bodies.length));
  expect(bodies.length).toBeGreaterThanOrEqual(500);
  expect(bodies.length).toBeLessThanOrEqual(600);
  expect(chat.complaints).toEqual([]);
});

test("a new name is spoken under at once, and refused while messages are unsent", async () => {
  const person = await newPerson(browser);
  const chat = await openChat(person, shoal.url);
  await chat.say("under the first name");
  await eventually(async () => expect(await chat.numbers()).toEqual(["✓ 1"]));

  await rename(chat, "ben");
  await eventually(async () => expect(await chat.numbers()).toEqual(["1"])); // not one's own any more
  await chat.say("under the second");
  await eventually(async () => expect(await chat.numbers()).toEqual(["1", "✓ 2"]));
  await person.route(CONNECTIONS, (route) => route.abort());
  await shoal.stop();
  await chat.say("unsent");
  await rename(chat, "carl");

  await eventually(async () => expect(await chat.text("user-problem")).toMatch(/unsent/));
  expect(await chat.page.evaluate("localStorage.getItem('shoal.name')")).toBe("ben");
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

async function rename({ page }: ChatPage, name: string): Promise<void> {
  await page.click("#user-change");
  await page.fill("#user-name", name);
  await page.press("#user-name", "Enter");
}

function unsentKeys({ page }: ChatPage): Promise<string[]> {
  return page.evaluate<string[]>("Object.keys(localStorage).filter((key) => key.includes('unsent'))");
}
