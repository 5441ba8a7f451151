import { setTimeout as wait } from "node:timers/promises";
import { ApiError } from "shoal/client";
import { type Asking, answered, askingFor, reasonOf, serverApi, userApi } from "./access.js";
import { numberIn } from "./arguments.js";
import { CommandFailure, type Given, type Terminal } from "./command.js";
import { inWords, type Message, type Pages, type Place, pagesBy, placeAfter } from "./room-reader.js";

/** Between two looks while nothing new comes, in milliseconds. */
const LOOK_MS = 500;
/** Between two tries while the server is away, in milliseconds: at first, and at most. */
const AWAY_MS = { first: 500, most: 5000 } as const;

export async function runTail(given: Given, terminal: Terminal): Promise<number> {
  const [room = ""] = given.operands;
  const asking = await askingFor(`\`page\` in ${room}`, given, terminal);
  const pages = await pagesOf(given, terminal, room, asking);
  const isFollowed = !given.flag("no-follow");
  const show = given.flag("json") ? (message: Message) => JSON.stringify(message) : inWords;
  // What fails here was never read: a wrong address or key is no break.
  let place = await answered(asking, beginning(given, pages));
  const patience = createPatience(asking, terminal);
  while (!terminal.ended.aborted) {
    const page = await pages.after(place).catch((error: unknown) => {
      if (terminal.ended.aborted) return undefined;
      if (isFollowed && error instanceof ApiError && error.temporary) return patience.lose(error);
      throw error instanceof ApiError ? new CommandFailure(reasonOf(error, asking)) : error;
    });
    if (page === undefined) continue;
    patience.find();
    if ("reset" in page) {
      if (place.epoch !== undefined)
        terminal.note(`${room} was replaced, or lost what came next: going on after ${page.floor}`);
    } else {
      for (const message of page.messages) await terminal.write(`${show(message)}\n`);
      if (page.messages.length === 0 && !isFollowed) return 0;
      if (page.messages.length === 0) await pause(LOOK_MS, terminal);
    }
    place = placeAfter(page, place);
  }
  return 0;
}

/** Waits while the server is away, longer each time, and tells of it once. */
function createPatience(asking: Asking, terminal: Terminal) {
  let failures = 0;
  return {
    async lose(error: ApiError): Promise<undefined> {
      if (failures === 0) terminal.note(`${reasonOf(error, asking)}; trying again`);
      const ownMs = Math.min(AWAY_MS.most, AWAY_MS.first * 2 ** failures);
      failures += 1;
      await pause(error.retryAfterMs ?? ownMs, terminal);
    },
    find() {
      if (failures > 0) terminal.note(`${asking.url} answers again`);
      failures = 0;
    },
  };
}

async function pause(ms: number, { ended }: Terminal): Promise<void> {
  await wait(ms, undefined, { signal: ended }).catch(() => {});
}

/** Where to begin: before a number, or so many messages before the end. */
async function beginning(given: Given, pages: Pages): Promise<Place> {
  const from = numberIn(given, "from", { least: 1, most: Number.MAX_SAFE_INTEGER, preset: 0 });
  const last = numberIn(given, "last", { least: 0, most: 1000, preset: 10 });
  if (from > 0) return { epoch: undefined, after: from - 1 };
  const { epoch, messages, to, after } = await pages.newest(Math.max(1, last));
  return { epoch: epoch ?? undefined, after: last === 0 || messages.length === 0 ? to : after };
}

/** Pages of the room with the key, or as a user. */
async function pagesOf(given: Given, terminal: Terminal, room: string, { by }: Asking): Promise<Pages> {
  const params = { room };
  const { ended: signal } = terminal;
  if (by !== "key") {
    const api = userApi(given, terminal);
    return pagesBy((query) => api.get("/rooms/:room/messages", { params, query, signal }));
  }
  const api = await serverApi(given, terminal);
  return pagesBy((query) => api.get("/v1/rooms/:room/messages", { params, query, signal }));
}
