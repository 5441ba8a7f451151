import { newPerson, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { type SigningKey, secretKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";
import { complaintsBesidesNetwork, visitChat } from "./support/chat-page.js";

const SECRET = "a secret of the tests, with more than 32 bytes";
const PHONE = { width: 375, height: 667 };

test("where a token says who one is, the page asks for it, keeps it in its tab and asks again in time", async () => {
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET };
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const chat = await visitChat(await newPerson(await startBrowser()), url);
  const key = secretKey(SECRET);
  const inS = (seconds: number) => ({ exp: Math.floor(Date.now() / 1000) + seconds });
  const signIn = async (token: string) => {
    await chat.page.fill("#token", token);
    await chat.page.press("#token", "Enter");
  };

  await chat.page.waitForSelector("#token-form:not([hidden])");
  await signIn("no token");
  expect(await chat.text("token-problem")).toMatch(/^This is no token/);
  await signIn(await signToken(key, inS(-1)));
  // Both times: one of them shows a clock that is wrong.
  expect(await chat.text("token-problem")).toMatch(
    /^This token is good until .*, and the clock of this device says /,
  );
  await signIn(await signToken(secretKey(`not ${SECRET}`), inS(600)));
  await eventually(async () => expect(await chat.text("token-problem")).toMatch(/refused/), {
    withinMs: 10_000,
  });

  // It expires before the page would have asked in time: so it asks at once.
  await signIn(await signToken(key, inS(119)));
  await eventually(async () => expect(await chat.text("token-problem")).toMatch(/^Your token expires at/));
  const last = await signToken(key, inS(600));
  await signIn(last);
  expect(await chat.page.isVisible("#token-form")).toBe(false);

  await chat.opened();
  await chat.say("with a token");
  await eventually(async () => expect(await chat.numbers()).toEqual(["✓ 1"]));
  expect(await chat.text("present-names")).toMatch(/ann \(you\)/);
  expect(await chat.page.evaluate("JSON.stringify(localStorage)")).not.toContain(last.slice(0, 20));
  expect(await chat.page.evaluate("document.cookie")).toBe("");

  await chat.page.reload();
  await chat.opened();
  await chat.page.click("#user-change");
  await chat.page.waitForSelector("#token-form:not([hidden])");
  expect(await chat.page.evaluate("JSON.stringify(sessionStorage)")).not.toContain(last);
  expect(complaintsBesidesNetwork(chat)).toEqual([]);
});

test("what somebody has not sent yet never goes out in the name of who signs in next", async () => {
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET };
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const { page, opened, text } = await visitChat(await newPerson(await startBrowser()), url);
  const key = secretKey(SECRET);
  const exp = Math.floor(Date.now() / 1000) + 600;
  const stored = async () => {
    const headers = { Authorization: `Bearer ${await signToken(key, { exp, sub: "reader" })}` };
    const answer = await (await fetch(`${url}/rooms/lobby/messages?after=0`, { headers })).json();
    return (answer as { messages: { from: string; body: string }[] }).messages;
  };
  const signIn = async (user: string) => {
    await page.waitForSelector("#token-form:not([hidden])");
    await page.fill("#token", await signToken(key, { exp, sub: user }));
    await page.press("#token", "Enter");
    await eventually(async () => expect(await text("present-names")).toContain(`${user} (you)`));
    await opened();
  };
  await page.waitForSelector("#token-form:not([hidden])"); // the page loads itself once more before
  // As after a reload with a token that has expired.
  await page.evaluate(`sessionStorage.setItem("shoal.user", "ann"); sessionStorage.setItem("shoal.token", "");
    localStorage.setItem("shoal.unsent.ann/lobby/1", JSON.stringify({ body: "of ann", at: new Date() }))`);
  await page.reload();
  await eventually(async () => expect(await text("subtitle")).toMatch(/1 waiting to be sent/));

  await signIn("bob");
  await page.fill("#draft", "of bob");
  await page.press("#draft", "Enter");
  await eventually(async () => expect(await stored()).toMatchObject([{ from: "bob", body: "of bob" }]));

  await page.click("#user-change");
  await signIn("ann");
  await eventually(async () =>
    expect(await stored()).toMatchObject([{ body: "of bob" }, { from: "ann", body: "of ann" }]),
  );
});

test("before somebody is signed in, nothing can be written that the page would not take", async () => {
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET };
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const { page, opened } = await visitChat(await newPerson(await startBrowser()), url);
  const reached = async (id: string) => {
    await page.evaluate(`document.getElementById("${id}").focus()`);
    return (await page.evaluate("document.activeElement.id")) === id;
  };

  await page.waitForSelector("#token-form:not([hidden])");
  const address = page.url();
  for (const id of ["room-name", "draft", "keep-sending", "user-change"])
    expect(await reached(id)).toBe(false);
  await page.evaluate("for (const form of document.forms) form.requestSubmit()");
  expect(page.url()).toBe(address);

  const exp = Math.floor(Date.now() / 1000) + 600;
  await page.fill("#token", await signToken(secretKey(SECRET), { exp }));
  await page.press("#token", "Enter");
  await opened();
  for (const id of ["room-name", "draft", "keep-sending", "user-change"])
    expect(await reached(id)).toBe(true);
});

test("a link to a room shows that room, asks who one is, and leads from the token into the draft", async () => {
  const env = { AUTH: "jwt", AUTH_SECRET: SECRET };
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor(), env });
  const { page, text, opened } = await visitChat(
    await newPerson(await startBrowser()),
    `${url}/#room=kitchen`,
  );
  const focused = () => page.evaluate("document.activeElement.id");
  const signIn = async (key: SigningKey) => {
    await page.keyboard.insertText(await signToken(key, { exp: Math.floor(Date.now() / 1000) + 600 }));
    await page.keyboard.press("Enter");
  };

  await page.waitForSelector("#token-form:not([hidden])");
  await page.setViewportSize(PHONE);
  expect(await text("title")).toBe("kitchen");
  expect(await text("state-label")).toBe("Waiting for you to sign in");
  expect(await text("subtitle")).not.toBe("Opening");
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
  // The name is not cut off for the state, and all that is one row.
  const cutPx = page.locator("#title").evaluate((title) => title.scrollWidth - title.clientWidth);
  expect(await cutPx).toBe(0);
  expect((await page.locator("#conversations").boundingBox())?.y).toBeLessThan(64);
  expect(await focused()).toBe("token");

  await signIn(secretKey(`not ${SECRET}`));
  await eventually(async () => expect(await text("token-problem")).toMatch(/refused/));
  await eventually(async () => expect(await focused()).toBe("token"));
  expect(await text("state-label")).toBe("Waiting for you to sign in");
  await page.fill("#token", "");
  await signIn(secretKey(SECRET));
  await opened();

  expect(await text("title")).toBe("kitchen");
  expect(await text("state-label")).toBe("Connected");
  expect(await focused()).toBe("draft");
});

test("a form that is sent before the page's program runs goes nowhere", async () => {
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
  const page = await (await newPerson(await startBrowser())).newPage();
  await page.route("**/app.js", (route) => route.abort());
  await page.goto(url);
  await page.evaluate("document.getElementById('draft').value = 'not lost'");
  await page.evaluate("for (const form of document.forms) form.requestSubmit()");
  expect(page.url()).toBe(`${url}/`);
  expect(await page.inputValue("#draft")).toBe("not lost");
});
