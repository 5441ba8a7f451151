import { newPerson, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";
import { openKit } from "./support/kit-page.js";

test.each([
  ["a page that is shown again", `document.dispatchEvent(new Event("visibilitychange"))`],
  ["a page that is back from the browser's cache", `dispatchEvent(new Event("pageshow"))`],
  ["a network that is there again", `dispatchEvent(new Event("online"))`],
])("%s finds out within seconds that its connection is dead, not after a ping timeout", async (_, event) => {
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
  const proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: Number(new URL(url).port) } });
  const tab = await openKit(await newPerson(await startBrowser()), `http://${proxy.host}:${proxy.port}`);
  await eventually(async () => expect(await tab.status()).toBe("live"));
  proxy.set("blackhole");

  await tab.page.evaluate(event);

  await eventually(async () => expect(await tab.status()).toBe("connecting"), { withinMs: 10_000 });
  proxy.set("pass");
  await eventually(async () => expect(await tab.status()).toBe("live"), { withinMs: 20_000 });
});

test("a page without a network is offline, and comes back with the network", async () => {
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
  const person = await newPerson(await startBrowser());
  const tab = await openKit(person, url);
  await eventually(async () => expect(await tab.status()).toBe("live"));

  await person.setOffline(true);
  await eventually(async () => expect(await tab.status()).toBe("offline"), { withinMs: 20_000 });
  await person.setOffline(false);

  await eventually(async () => expect(await tab.status()).toBe("live"), { withinMs: 20_000 });
});
