import { setTimeout as sleep } from "node:timers/promises";
import type { RawClient } from "../raw/raw-client.js";
import { isTemporary, refusalOf } from "./conversation.js";

/** All there is in (after, to], as the event `messages` and the pages of `subscribe` have it. */
export interface Batch {
  readonly epoch: string;
  readonly after: number;
  readonly to: number;
  readonly messages: readonly { readonly seq: number; readonly id: string; readonly body: unknown }[];
}

interface Page extends Batch {
  readonly live: boolean;
  readonly reset?: boolean;
}

const RETRY_MS = 300;
const PAGE_TIMEOUT_MS = 20_000;

/** A reader's position in a durable room: resumes, closes gaps and leaves out what it has, as client/ does. */
export interface Subscription {
  /** Resolves when live events have begun. @throws when the connection ends or the room is refused for good. */
  resume(client: RawClient): Promise<void>;
  /** A live event. */
  receive(batch: Batch): void;
}

/** `show` gets every batch with the position before it: what is above that is new. `onReset`: the log is another one. */
export function createSubscription(
  room: string,
  show: (batch: Batch, last: number) => void,
  onReset: () => void,
): Subscription {
  let last = 0;
  let epoch: string | undefined;
  let reading = false;
  let current: RawClient | undefined;

  function take(batch: Batch): void {
    show(batch, last);
    last = Math.max(last, batch.to);
  }

  /** In the tick of its packet, as live events come right behind a live page. */
  function onPage(page: Page): boolean {
    if (page.reset === true) {
      onReset();
      last = 0;
      epoch = undefined;
      return false;
    }
    epoch ??= page.epoch;
    take(page);
    return page.live;
  }

  function askPage(client: RawClient): Promise<"live" | "more" | "again"> {
    const request = { room, after: last, ...(epoch === undefined ? {} : { epoch }) };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve("again"), PAGE_TIMEOUT_MS);
      client.emitWithCallback("subscribe", request, (error, [answer]) => {
        clearTimeout(timer);
        const refusal = error ? undefined : refusalOf(answer);
        if (error) reject(error);
        else if (refusal === undefined) {
          const live = onPage(answer as Page);
          reading = !live; // a live event of this very tick may already tell of a gap
          resolve(live ? "live" : "more");
        } else if (isTemporary(answer)) resolve("again");
        else reject(new Error(refusal));
      });
    });
  }

  async function resume(client: RawClient): Promise<void> {
    current = client;
    reading = true;
    try {
      for (;;) {
        const outcome = await askPage(client);
        if (outcome === "live" || current !== client) return;
        if (outcome === "again") await sleep(RETRY_MS * (0.5 + Math.random()));
      }
    } finally {
      if (current === client) reading = false;
    }
  }

  return {
    resume,
    receive(batch) {
      if (epoch === undefined) return; // what comes before a page is covered by the page
      if (batch.epoch === epoch && batch.after <= last) take(batch);
      else if (!reading && current !== undefined) resume(current).catch(() => {}); // the end is told elsewhere
    },
  };
}
