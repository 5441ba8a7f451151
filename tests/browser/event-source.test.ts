import { newPerson, openTab, startBrowser } from "../support/browser.js";
import { logged } from "../support/line-log.js";
import { publish } from "../support/room-publisher.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { secretKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";

const SECRET = "a secret of the tests, with more than 32 bytes";

test("a browser's own EventSource reads a room with a token in a cookie, and loses and repeats nothing over a reload of the workers", async () => {
  const shoal = await spawnShoal({
    workers: 2,
    env: { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_COOKIE: "token", DRAIN_WINDOW_MS: "500" },
  });
  const token = await signToken(secretKey(SECRET), { exp: Math.floor(Date.now() / 1000) + 600 });
  const person = await newPerson(await startBrowser());
  await person.addCookies([{ name: "token", value: token, url: shoal.url, httpOnly: true }]);
  const { page, complaints } = await openTab(person, `${shoal.url}/hello`); // a page of this origin that does nothing by itself
  const store = (id: string) => publish(shoal.url, "feed", id, { Authorization: `Bearer ${token}` });
  const seen = async () => (await page.evaluate("window.seen.join()")) as string;

  await store("1");
  await page.evaluate(`window.seen = []; window.opened = 0;
    const source = new EventSource("/rooms/feed/stream?after=0");
    source.onopen = () => { window.opened += 1; };
    source.onmessage = ({ data, lastEventId }) =>
      window.seen.push(JSON.parse(data).id + "@" + lastEventId.split(":")[1]);`);
  await eventually(async () => expect(await seen()).toBe("1@1"));
  await store("2");
  await eventually(async () => expect(await seen()).toBe("1@1,2@2"));

  process.kill(shoal.pid, "SIGHUP");
  await store("3");
  await shoal.waitForLog(logged("all workers replaced"), { withinMs: 60_000 });
  await store("4");

  // The browser comes back by itself, as long after as the stream's `retry` has said.
  await eventually(async () => expect(await seen()).toBe("1@1,2@2,3@3,4@4"), { withinMs: 60_000 });
  expect(await page.evaluate("window.opened")).toBeGreaterThan(1);
  expect(complaints.filter((text) => text.startsWith("CSP") || text.startsWith("uncaught"))).toEqual([]);
});
