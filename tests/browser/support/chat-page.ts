import type { BrowserContext, Page } from "playwright-core";
import { openTab, type Tab } from "../../support/browser.js";
import { eventually } from "../../support/wait.js";

/** The page at `/` as a test sees it. */
export interface ChatPage extends Tab {
  /** Bodies of the stored messages of the room in front, from top to bottom. */
  bodies(): Promise<string[]>;
  /** What stands at the end of their lines: `7`, or `✓ 7` for own ones. */
  numbers(): Promise<string[]>;
  /** Bodies of own messages that are not confirmed. */
  unsent(): Promise<string[]>;
  /** Text of the element with this id. */
  text(id: string): Promise<string>;
  say(text: string): Promise<void>;
  /** Waits until the room in front is opened and live. */
  opened(): Promise<void>;
}

const FRONT = ".conversation:not([hidden])";

/** Loads the page in a new tab, connected or not. */
export async function visitChat(person: BrowserContext, url: string): Promise<ChatPage> {
  const tab = await openTab(person, url);
  return { ...tab, ...look(tab.page) };
}

/** Loads the page in a new tab, and waits until its room is opened. */
export async function openChat(person: BrowserContext, url: string): Promise<ChatPage> {
  const chat = await visitChat(person, url);
  await chat.opened();
  return chat;
}

function look(page: Page): Omit<ChatPage, keyof Tab> {
  const text = async (id: string) => (await page.locator(`#${id}`).textContent()) ?? "";
  return {
    bodies: () => page.locator(`${FRONT} .stored .body`).allTextContents(),
    numbers: () => page.locator(`${FRONT} .stored .number`).allTextContents(),
    unsent: () => page.locator(`${FRONT} .unsent .body`).allTextContents(),
    text,
    async say(message) {
      await page.fill("#draft", message);
      await page.press("#draft", "Enter");
    },
    opened: () =>
      eventually(async () => expect(await text("subtitle")).toMatch(/^(All messages|No messages)/), {
        withinMs: 15_000,
      }),
  };
}

/** Complaints other than those of a browser whose server is away, which are its own way to say so. */
export function complaintsBesidesNetwork({ complaints }: Tab): string[] {
  const network = /^(Failed to load resource: |WebSocket connection to )/;
  return complaints.filter((complaint) => !network.test(complaint));
}

/** Stores a message over HTTP; asks again until that is confirmed, as a client has to. */
export async function post(
  url: string,
  message: { user: string; id: string; body: unknown },
  room = "lobby",
): Promise<number> {
  const { user, id, body } = message;
  return eventually(
    async () => {
      const response = await fetch(`${url}/rooms/${room}/messages`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-User-Id": user },
        body: JSON.stringify({ id, body }),
        signal: AbortSignal.timeout(2000),
      });
      const answer = (await response.json()) as { seq: number };
      expect(answer).toEqual({ room, id, seq: expect.any(Number) });
      return answer.seq;
    },
    { withinMs: 15_000 },
  );
}

/** Stores messages of `ann`, one after the other. */
export async function postAll(url: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await post(url, { user: "ann", id: body.replaceAll(" ", "-"), body });
}

/** `message 1` to `message <count>`, or from `first`. */
export function series(count: number, first = 1): string[] {
  return Array.from({ length: count - first + 1 }, (_, index) => `message ${first + index}`);
}
