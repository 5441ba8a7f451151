import type { BrowserContext, Page } from "playwright-core";
import { openTab } from "../../support/browser.js";
import { eventually } from "../../support/wait.js";

export type KitOptions = { user?: string; store?: string; takeOverMs?: number };

/** A tab whose page has a client of `shoal/client` with an outbox, as `kit`. */
export interface KitTab {
  readonly page: Page;
  publish(...bodies: string[]): Promise<void>;
  /** Waits until what is pending is in the store. */
  written(): Promise<void>;
  /** Bodies and states of what is pending. */
  pending(): Promise<string[]>;
  storage(): Promise<string>;
  status(): Promise<string>;
  /** Ends the client, and makes one for this user. */
  become(user: string): Promise<void>;
  /** Loads the page again, as people do, and makes the client anew. */
  reload(): Promise<void>;
  /** What the application has seen of defects. */
  readonly complaints: readonly string[];
}

/** In the page: a client of the user, the room `r`, and what became of its messages. */
const start = ({ user = "ann", takeOverMs = 0 }: KitOptions) => `(async () => {
  const { createClient } = await import("/client/index.js");
  const { indexedDbStore } = await import("/client/stores/indexed-db.js");
  const { io } = await import("/socket.io/socket.io.esm.min.js");
  const client = createClient({
    io,
    user: ${JSON.stringify(user)},
    store: indexedDbStore({ takeOverMs: ${takeOverMs} }),
    socketOptions: { reconnectionDelay: 50, reconnectionDelayMax: 100 },
  });
  const seen = [];
  const room = client.room("r", { start: { after: 0 }, onMessage: ({ body }) => seen.push(body) });
  globalThis.kit = { client, room, seen };
  await new Promise((resolve) => client.outbox.onStorage(resolve));
})()`;

/** Opens an address of the service that is no page with a client of its own. */
export async function openKit(
  person: BrowserContext,
  url: string,
  options: KitOptions = {},
): Promise<KitTab> {
  const { page, complaints } = await openTab(person, `${url}/hello`);
  await page.evaluate(start(options));
  return { complaints, ...look(page, options) };
}

export function look(page: Page, options: KitOptions = {}): Omit<KitTab, "complaints"> {
  return {
    page,
    publish: (...bodies) =>
      page.evaluate(
        `for (const body of ${JSON.stringify(bodies)}) kit.room.publish(body).catch(() => {}); undefined`,
      ),
    pending: () =>
      page.evaluate("kit.client.outbox.pending().map(({ body, state }) => [body, state].join(' '))"),
    written: () => page.evaluate("kit.client.outbox.written()"),
    storage: () => page.evaluate("kit.client.outbox.storage()"),
    status: () => page.evaluate("kit.client.status()"),
    async become(user) {
      await page.evaluate("kit.client.close()");
      await page.evaluate(start({ ...options, user }));
    },
    async reload() {
      await page.reload();
      await page.evaluate(start(options));
    },
  };
}

/** Whether a request is one of Socket.IO, and not for its files. */
const isOfSocket = (address: URL) => address.pathname === "/socket.io/";

/** The server is away for the sockets of a person's tabs, until the returned function is called. Pages load all the same. */
export async function cutSockets(person: BrowserContext): Promise<() => Promise<void>> {
  await person.route(isOfSocket, (route) => route.abort());
  return () => person.unroute(isOfSocket);
}

/** What is stored in the room. */
export async function storedIn(url: string): Promise<string[]> {
  const headers = { "X-User-Id": "reader" };
  const page = (await (await fetch(`${url}/rooms/r/messages?after=0`, { headers })).json()) as {
    messages: { from: string; body: string }[];
  };
  return page.messages.map(({ from, body }) => `${from} ${body}`);
}

export const allSent = (tab: Pick<KitTab, "pending">): Promise<void> =>
  eventually(async () => expect(await tab.pending()).toEqual([]), { withinMs: 20_000 });
