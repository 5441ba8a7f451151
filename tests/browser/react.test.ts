import type { Browser } from "playwright-core";
import { newPerson, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";
import { post, series } from "./support/chat-page.js";
import { openReact } from "./support/react-page.js";

const SEEN = { withinMs: 20_000 };
let browser: Browser;
let url: string;

beforeAll(async () => {
  browser = await startBrowser();
});

beforeEach(async () => {
  url = (await startWorker({ mongodbUri: (await startMongo()).uriFor() })).url;
});

const open = async (user: string) => openReact(await newPerson(browser), url, user);
const postAll = async (bodies: readonly string[]) => {
  for (const body of bodies) await post(url, { user: "bob", id: body.replace(" ", "-"), body }, "r");
};

/** Components that show the room, and note all that they have shown. */
const SHOW = `
  globalThis.shown = { First: [], Second: [] };
  const show = (name) => {
    const Component = () => {
      const room = shoal.useRoom("r");
      globalThis.room = room;
      React.useLayoutEffect(() => {
        shown[name].push([...room.messages, ...room.pending].map(({ body }) => body).join());
      }, [room]);
      return React.createElement("p", { id: name }, room.messages.map(({ body }) => body).join());
    };
    return Component;
  };
  globalThis.First = show("First");
  globalThis.Second = show("Second");
  render(First, Second);
  undefined`;

test("components of one room show the same, by one subscription, in StrictMode, and end it when all are gone", async () => {
  await postAll(series(3));
  const { page, complaints } = await open("ann");
  await page.evaluate(SHOW);
  const text = (id: string) => page.textContent(`#${id}`);
  await eventually(async () => expect(await text("First")).toBe(series(3).join()), SEEN);

  await page.evaluate("render(Second), undefined");
  await postAll(["last"]);
  await eventually(async () => expect(await text("Second")).toBe([...series(3), "last"].join()), SEEN);
  expect(await page.evaluate(`sent.filter((event) => event.endsWith("subscribe"))`)).toEqual(["subscribe"]);
  await page.evaluate("render(), undefined");

  await eventually(async () => expect(await page.evaluate("sent.at(-1)")).toBe("unsubscribe"), SEEN);
  expect(await page.evaluate(`sent.filter((event) => event.endsWith("subscribe"))`)).toEqual([
    ...["subscribe", "unsubscribe"],
  ]);
  expect(complaints.filter((text) => !/404/.test(text))).toEqual([]); // of the page's icon
});

test("two providers of one client show the same room, and so does one that comes in place of another", async () => {
  await postAll(series(3));
  const { page, complaints } = await open("ann");
  await page.evaluate(SHOW);
  const text = (id: string) => page.textContent(`#${id}`);
  await eventually(async () => expect(await text("First")).toBe(series(3).join()), SEEN);

  await page.evaluate(`(() => {
    const provide = (key, one) =>
      React.createElement(shoal.ShoalProvider, { client, key }, React.createElement(one));
    root.render([provide("one", First), provide("two", Second)]);
  })()`);
  await postAll(["last"]);

  for (const id of ["First", "Second"])
    await eventually(async () => expect(await text(id)).toBe([...series(3), "last"].join()), SEEN);
  expect(complaints.filter((complaint) => !/404/.test(complaint))).toEqual([]); // of the page's icon
});

test("a message that is published is shown from there on, once, whether it is pending or stored", async () => {
  const { page } = await open("ann");
  await page.evaluate(SHOW);
  await eventually(async () => expect(await page.evaluate("room.status")).toBe("live"), SEEN);

  await page.evaluate(`room.publish("mine"), undefined`);
  await eventually(async () => expect(await page.textContent("#First")).toBe("mine"), SEEN);
  await eventually(async () => expect(await page.evaluate("room.pending")).toEqual([]), SEEN);

  const shown = (await page.evaluate("shown.First")) as string[];
  const since = shown.slice(shown.indexOf("mine"));
  expect(new Set(since)).toEqual(new Set(["mine"]));
  expect(since.length).toBeGreaterThan(1);
});

test("two components never show different states of a room", async () => {
  const { page } = await open("ann");
  await page.evaluate(SHOW);
  await eventually(async () => expect(await page.evaluate("room.status")).toBe("live"), SEEN);
  await page.evaluate(`for (let n = 0; n < 50; n += 1) room.publish(n); undefined`);
  await eventually(async () => expect(await page.evaluate("room.messages.length")).toBe(50), SEEN);

  expect(await page.evaluate("shown.First")).toEqual(await page.evaluate("shown.Second"));
});

test("earlier messages come before the others, page by page, until there are none", async () => {
  const bodies = series(110);
  await postAll(bodies);
  const { page } = await open("ann");
  await page.evaluate(SHOW);
  const shown = () => page.evaluate("room.messages.map(({ body }) => body)");
  await eventually(async () => expect(await shown()).toEqual(bodies.slice(60)), SEEN);
  expect(await page.evaluate("room.hasOlder")).toBe(true);

  await page.evaluate("Promise.all([room.loadOlder(), room.loadOlder()])");
  await eventually(async () => expect(await shown()).toEqual(bodies.slice(10)), SEEN);
  await page.evaluate("room.loadOlder()");

  await eventually(async () => expect(await shown()).toEqual(bodies), SEEN);
  expect(await page.evaluate("room.hasOlder")).toBe(false);
});

const PEOPLE = `
  globalThis.People = () => {
    shoal.useRoom("r");
    globalThis.presence = shoal.usePresence("r");
    globalThis.typing = shoal.useTyping("r");
    return null;
  };
  render(People);
  undefined`;

test("who is in a room and who types there is known while somebody is, and no longer", async () => {
  const [ann, bob] = [await open("ann"), await open("bob")];
  for (const { page } of [ann, bob]) await page.evaluate(PEOPLE);
  const users = () => ann.page.evaluate("presence.users.toSorted()");
  await eventually(async () => expect(await users()).toEqual(["ann", "bob"]), SEEN);

  await eventually(async () => {
    await bob.page.evaluate("typing.typed()");
    expect(await ann.page.evaluate("typing.typing")).toEqual(["bob"]);
  }, SEEN);
  expect(await bob.page.evaluate("typing.typing")).toEqual([]);
  await eventually(async () => expect(await ann.page.evaluate("typing.typing")).toEqual([]), SEEN);
  await bob.page.evaluate("client.close()");

  await eventually(async () => expect(await users()).toEqual(["ann"]), { withinMs: 40_000 });
});

test("with a client of another user all begins anew, and nothing of the one before is left", async () => {
  await postAll(["old"]);
  const { page, complaints } = await open("ann");
  await page.evaluate(SHOW);
  await eventually(async () => expect(await page.textContent("#First")).toBe("old"), SEEN);

  await page.evaluate(`(async () => {
    await client.close();
    become("carl");
    render(First, Second);
  })()`);
  await eventually(async () => expect(await page.evaluate("room.status")).toBe("live"), SEEN);
  await page.evaluate(`room.publish("new"), undefined`);

  await eventually(async () => expect(await page.textContent("#First")).toBe("old,new"), SEEN);
  expect(await page.evaluate("room.messages.map(({ from }) => from)")).toEqual(["bob", "carl"]);
  expect(complaints.filter((text) => !/404/.test(text))).toEqual([]);
});
