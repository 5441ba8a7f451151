import type { Browser, BrowserContext } from "playwright-core";
import { newPerson, startBrowser, startForgetfulPerson } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";
import { allSent, cutSockets, look, openKit, storedIn } from "./support/kit-page.js";

let browser: Browser;
let person: BrowserContext;
let url: string;

beforeAll(async () => {
  browser = await startBrowser();
});

beforeEach(async () => {
  url = (await startWorker({ mongodbUri: (await startMongo()).uriFor() })).url;
  person = await newPerson(browser);
});

describe("an outbox in IndexedDB", () => {
  test("outlives a reload while the server is away, and goes out before what is new", async () => {
    const connect = await cutSockets(person);
    const tab = await openKit(person, url);
    await tab.publish("1", "2", "3");
    await tab.written();
    await tab.reload();
    expect(await tab.storage()).toBe("kept");
    expect(await tab.pending()).toEqual(["1 waiting", "2 waiting", "3 waiting"]);
    await tab.publish("4");

    await connect();
    await allSent(tab);

    expect(await storedIn(url)).toEqual(["ann 1", "ann 2", "ann 3", "ann 4"]);
    await eventually(async () => expect(await tab.page.evaluate("kit.seen")).toEqual(["1", "2", "3", "4"]));
  });

  test("outlives a reload in the middle of sending: all is stored once and in order", async () => {
    const tab = await openKit(person, url);
    const bodies = Array.from({ length: 90 }, (_, n) => String(n));
    for (const from of [0, 30, 60]) {
      await tab.publish(...bodies.slice(from, from + 30));
      await tab.written();
      await tab.reload();
    }
    await allSent(tab);

    expect(await storedIn(url)).toEqual(bodies.map((body) => `ann ${body}`));
  });

  test("of a tab that was closed is sent by the next one that opens", async () => {
    const connect = await cutSockets(person);
    const first = await openKit(person, url);
    await first.publish("1", "2");
    await first.written();
    await first.page.close();

    await connect();
    const second = await openKit(person, url);

    await eventually(async () => expect(await storedIn(url)).toEqual(["ann 1", "ann 2"]), {
      withinMs: 20_000,
    });
    await allSent(second);
  });

  test("of a tab that was closed is sent by one that is open, when it connects", async () => {
    const connect = await cutSockets(person);
    const [stays, goes] = [await openKit(person, url), await openKit(person, url)];
    await goes.publish("1", "2");
    await goes.written();
    expect(await stays.pending()).toEqual([]);
    await goes.page.close();
    // The browser gives back what a tab held some time after the tab has gone.
    const held = "navigator.locks.query().then(({ held }) => held.length)";
    await eventually(async () => expect(await stays.page.evaluate(held)).toBe(1));

    await connect();

    await eventually(async () => expect(await storedIn(url)).toEqual(["ann 1", "ann 2"]), {
      withinMs: 20_000,
    });
    await allSent(stays);
  });

  test("belongs to its tab: of two tabs each sends its own, once and in its order", async () => {
    const connect = await cutSockets(person);
    const slow = { takeOverMs: 600_000 };
    const [one, other] = [await openKit(person, url, slow), await openKit(person, url, slow)];
    await one.publish("a1", "a2");
    await other.publish("b1", "b2");
    await Promise.all([one.written(), other.written()]);
    expect(await one.pending()).toEqual(["a1 waiting", "a2 waiting"]);
    await Promise.all([one.reload(), other.reload()]);
    expect(await one.pending()).toEqual(["a1 waiting", "a2 waiting"]);
    expect(await other.pending()).toEqual(["b1 waiting", "b2 waiting"]);
    await one.publish("a3");
    await other.publish("b3");

    await connect();
    await Promise.all([allSent(one), allSent(other)]);

    const bodies = await storedIn(url);
    expect(bodies.filter((body) => body.startsWith("ann a"))).toEqual(["ann a1", "ann a2", "ann a3"]);
    expect(bodies.filter((body) => body.startsWith("ann b"))).toEqual(["ann b1", "ann b2", "ann b3"]);
    expect(bodies).toHaveLength(6);
  });

  test("of a tab that was duplicated is sent by the first one alone", async () => {
    const connect = await cutSockets(person);
    const first = await openKit(person, url);
    await first.publish("1");
    await first.written();
    const opened = person.waitForEvent("page");
    await first.page.evaluate("void open(location.href)"); // with a copy of its session storage
    const second = look(await opened);
    await second.page.waitForLoadState();
    const [mine, its] = ["sessionStorage.length", "sessionStorage.length"].map((text, index) =>
      (index === 0 ? first : second).page.evaluate(text),
    );
    expect(await its).toBe(await mine);

    await second.reload();
    expect(await second.pending()).toEqual([]);
    await second.publish("2");
    await connect();
    await Promise.all([allSent(first), allSent(second)]);

    expect((await storedIn(url)).toSorted()).toEqual(["ann 1", "ann 2"]);
  });

  test("is of one user: the next one neither sees nor sends it, and it is there when the first comes back", async () => {
    const connect = await cutSockets(person);
    const tab = await openKit(person, url);
    await tab.publish("of ann");
    await tab.become("bob");
    expect(await tab.pending()).toEqual([]);
    await tab.publish("of bob");
    await connect();
    await allSent(tab);
    expect(await storedIn(url)).toEqual(["bob of bob"]);

    await tab.become("ann");
    await allSent(tab);

    expect(await storedIn(url)).toEqual(["bob of bob", "ann of ann"]);
  });
});

describe("an outbox whose browser keeps nothing", () => {
  test("is in memory, says why, and publishes all the same", async () => {
    const tab = await openKit(await startForgetfulPerson(), url);

    expect(await tab.storage()).toBe("memory");
    expect(await tab.page.evaluate("kit.client.outbox.storageProblem()?.name")).toMatch(/Error/);
    await tab.publish("1");
    await allSent(tab);

    expect(await storedIn(url)).toEqual(["ann 1"]);
    expect(tab.complaints.filter((text) => !/404/.test(text))).toEqual([]);
  });

  test("goes on in memory when the quota is used up, and keeps all again once there is place", async () => {
    const connect = await cutSockets(person);
    const tab = await openKit(person, url);
    const developer = await person.newCDPSession(tab.page);
    const limit = (quotaSize?: number) =>
      developer.send("Storage.overrideQuotaForOrigin", { origin: url, ...(quotaSize && { quotaSize }) });

    await limit(1);
    await tab.publish("1");
    await eventually(async () => expect(await tab.storage()).toBe("memory"));
    expect(await tab.page.evaluate("kit.client.outbox.storageProblem()?.name")).toBe("QuotaExceededError");
    await limit();
    await tab.publish("2");
    await eventually(async () => expect(await tab.storage()).toBe("kept"));
    await tab.written();
    await tab.reload();

    expect(await tab.pending()).toEqual(["1 waiting", "2 waiting"]);
    await connect();
    await allSent(tab);
    expect(await storedIn(url)).toEqual(["ann 1", "ann 2"]);
  });

  test("is opened again when somebody has cleared the data of the page", async () => {
    const connect = await cutSockets(person);
    const tab = await openKit(person, url);
    const developer = await person.newCDPSession(tab.page);
    await developer.send("Storage.clearDataForOrigin", { origin: url, storageTypes: "indexeddb" });

    await tab.publish("1");
    await eventually(async () => expect(await rowsOf(tab.page)).toHaveLength(1));
    await tab.reload();

    expect(await tab.pending()).toEqual(["1 waiting"]);
    await connect();
    await allSent(tab);
  });
});

/** What the database has. */
function rowsOf(page: { evaluate(code: string): Promise<unknown> }): Promise<unknown> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open("shoal");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      if (db.objectStoreNames.length === 0) return db.close(), resolve([]);
      const asking = db.transaction("messages").objectStore("messages").getAll();
      asking.onsuccess = () => (db.close(), resolve(asking.result));
    };
  })`);
}
