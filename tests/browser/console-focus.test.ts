import type { Browser, Locator, Page } from "playwright-core";
import { apiOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import type { Shoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { openConsole, shows, startConsole } from "./support/console-page.js";

const admin = makeKey("admin");
const PHONE = { width: 390, height: 844 };

let browser: Browser;
let shoal: Shoal;

beforeAll(async () => {
  ({ browser, shoal } = await startConsole(admin));
});

const open = (view: string) => openConsole(browser, shoal.adminUrl, admin.key, view);
const call = (method: string, path: string, body?: unknown) =>
  apiOf(shoal.adminUrl, admin.key)(method, path, body);

/** The id of what has the focus, or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate("document.activeElement.id || document.activeElement.textContent");

/** Where it is on the screen, from the top. */
async function heightOf(thing: Locator): Promise<number> {
  const { y = Number.NaN } = (await thing.boundingBox()) ?? {};
  return y;
}

test("who skips to the view is in the view that is shown, and the address stays", async () => {
  const { page, complaints } = await open("#/users/eve");
  await shows(page, ".result", "Not connected");
  await page.locator(".skip").focus();

  await page.keyboard.press("Enter");

  expect(await focused(page)).toBe("view");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("search");
  expect(page.url()).toBe(`${shoal.adminUrl}/#/users/eve`);
  expect(await page.textContent("#content h1")).toBe("Users");
  expect(await page.textContent(".result h2")).toBe("eve");
  expect(complaints).toEqual([]);
});

test("the overview is renewed in place: what was scrolled, selected or has the focus stays", async () => {
  const { page, complaints } = await open("#/overview");
  await page.setViewportSize(PHONE);
  await page.locator("td[data-head=pid]").waitFor();
  await page.locator("[aria-label='All instances'] tbody th").waitFor();
  await page.evaluate(`(() => {
    const [workers, instances] = document.querySelectorAll("[data-view=overview] .table");
    workers.scrollLeft = 120;
    instances.scrollLeft = 30;
    workers.focus();
    getSelection().selectAllChildren(workers.querySelector("[data-head=pid]"));
  })()`);
  const seen = () =>
    page.evaluate(`({
      left: [...document.querySelectorAll("[data-view=overview] .table")].map(({ scrollLeft }) => scrollLeft),
      focused: document.activeElement.ariaLabel,
      selected: getSelection().toString(),
    })`);
  const before = await seen();
  expect(before).toMatchObject({ left: [120, 30], selected: String(shoal.workerPids()[0] ?? shoal.pid) });

  // When the second is asked for, the first one is shown.
  for (let looks = 0; looks < 2; looks += 1)
    await Promise.all([
      page.waitForResponse(/[/]instance[?]/),
      page.waitForResponse((response) => response.url().endsWith("/instances")),
    ]);

  expect(await seen()).toEqual(before);
  expect(complaints).toEqual([]);
});

test("rows that come and go leave the focus where it is", async () => {
  const { page } = await open("#/users");
  const found =
    await page.evaluate(`Promise.all([import("/console/renew.js"), import("/console/dom.js")]).then(
    ([{ renewChildren }, { el }]) => {
      const list = document.createElement("ul");
      document.body.append(list);
      const show = (...names) => renewChildren(list, ...names.map((name) =>
        el("li", { "data-row": name }, el("a", { href: "#/users/" + name }, name))));
      const seen = [];
      show("ann", "bob", "cy");
      list.children[1].firstChild.focus();
      for (const names of [["bob", "cy"], ["al", "bob", "dee"], ["al", "ann", "bob"], ["al"]]) {
        show(...names);
        seen.push([list.textContent, document.activeElement.textContent === "bob"]);
      }
      return seen;
    },
  )`);

  expect(found).toEqual([
    ["bobcy", true],
    ["albobdee", true],
    ["alannbob", true],
    ["al", false],
  ]);
});

test("a member's link keeps the focus while the room is looked at again", async () => {
  const client = await connectClient(shoal.url, { auth: { user: "eve" } });
  await emitAck(client.socket, "subscribe", { room: "den:1" });
  await call("POST", "/v1/publish", { items: [{ room: "den:1", id: "m1", from: "ann", body: "words" }] });
  const { page, complaints } = await open("#/room/den:1");
  const link = page.locator(".members a");
  await link.focus();
  await page.evaluate(`getSelection().selectAllChildren(document.querySelector(".facts code"))`);
  const selected = await page.evaluate("getSelection().toString()");

  for (let looks = 0; looks < 2; looks += 1) await page.waitForResponse(/[/]v1[/]rooms[/]den%3A1$/);

  expect(await focused(page)).toBe("eve");
  expect(selected).not.toBe("");
  expect(await page.evaluate("getSelection().toString()")).toBe(selected);
  expect(complaints).toEqual([]);
});

test("who looks again by keyboard still has the button, with the mouse elsewhere", async () => {
  const { page } = await open("#/users/fay");
  await shows(page, ".result", "Not connected");
  const client = await connectClient(shoal.url, { auth: { user: "fay" } });
  const again = page.getByRole("button", { name: "Look again" });
  await again.focus();

  await page.keyboard.press("Enter");
  await shows(page, ".result", client.session.id);
  expect(await focused(page)).toBe("Look again");
  client.socket.disconnect();
  await eventually(async () => expect((await call("GET", "/v1/users/fay")).body.count).toBe(0));
  await page.keyboard.press("Enter");

  await shows(page, ".result", "Not connected");
  expect(await focused(page)).toBe("Look again");
});

test("another page of rooms begins at its top, and has the focus", async () => {
  const rooms = Array.from({ length: 60 }, (_, index) => `list:${String(index).padStart(2, "0")}`);
  await call("POST", "/v1/broadcast", { rooms, id: "m1", from: "ann", body: "words" });
  const { page, complaints } = await open("#/rooms/list:");
  await shows(page, "tbody tr:first-child", "list:00");
  await page.setViewportSize(PHONE);

  for (const [button, first] of [
    ["Next", "list:50"],
    ["Previous", "list:00"],
  ] as const) {
    await page.getByRole("button", { name: button }).focus();
    await page.keyboard.press("Enter");
    await shows(page, "tbody tr:first-child", first);
    expect(await page.evaluate("document.activeElement.ariaLabel")).toBe("Durable rooms");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe(first);
    const top = await heightOf(page.locator("tbody a").first());
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(PHONE.height);
  }
  expect(complaints).toEqual([]);
});

test("older entries of the audit begin at their top, and have the focus", async () => {
  for (let n = 0; n < 30; n += 1) {
    const client = await connectClient(shoal.url, { auth: { user: "gil" } });
    client.socket.disconnect();
  }
  await eventually(async () => {
    const { body } = await call("GET", "/connections?user=gil&limit=100");
    expect(body.events).toHaveLength(60);
  });
  const { page, complaints } = await open("#/refusals");
  await page.setViewportSize(PHONE);
  await page.getByLabel("User, if one").fill("gil");
  await page.getByLabel("What").selectOption("");
  const rows = page.locator("tbody tr");
  await eventually(async () => expect(await rows.count()).toBe(50));
  await page.getByRole("button", { name: "Older" }).focus();

  await page.keyboard.press("Enter");

  await eventually(async () => expect(await rows.count()).toBe(10));
  expect(await page.evaluate("document.activeElement.ariaLabel")).toMatch("Entries of the audit");
  const top = await heightOf(rows.first());
  expect(top).toBeGreaterThan(0);
  expect(top).toBeLessThan(PHONE.height);
  expect(complaints).toEqual([]);
});

test("who has read a room back to its beginning is among its messages", async () => {
  const items = Array.from({ length: 60 }, (_, n) => ({
    room: "den:2",
    id: `m${n}`,
    from: "ann",
    body: "words",
  }));
  await call("POST", "/v1/publish", { items });
  const { page } = await open("#/room/den:2");
  await shows(page, ".tail li:last-child .seq", "60");
  await page.getByRole("button", { name: "Show earlier" }).focus();

  await page.keyboard.press("Enter");

  await shows(page, ".tail li:first-child .seq", /^1$/);
  expect(await page.evaluate("document.activeElement.ariaLabel")).toBe("Messages");
});
