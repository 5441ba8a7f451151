import type { SubscribeRequest, Subscription } from "../../../contract/types.js";
import type { Clock } from "../ports.js";
import type { RoomChanges } from "./room-changes.js";

/** Takes a page and resolves when there is room for another one. */
export type TakePage = (page: Subscription) => Promise<void>;

/**
 * Gives a room page by page, for a reader that sets the pace itself: what there is, and from then on what comes, as one page however much of
 * it has come. After a reset the next page begins with what retention has left. Resolves once `signal` is given.
 * @throws what reading and `take` throw.
 */
export type Follow = (
  request: SubscribeRequest,
  signal: AbortSignal,
  take: TakePage,
  /** See `LiveRooms.subscribe`. */
  opener?: string,
) => Promise<void>;

/** As `LiveRooms.subscribe`; `over` says that nobody waits any more. */
export type Subscribing = (
  request: SubscribeRequest,
  reply: (answer: Subscription) => void,
  opener: string | undefined,
  over?: AbortSignal,
) => Promise<void>;

interface FollowDeps {
  /** Runs the task with the room open, so that this worker hears of what is stored. */
  readonly hold: (
    room: string,
    opener: string | undefined,
    over: AbortSignal,
    task: () => Promise<void>,
  ) => Promise<void>;
  readonly subscribe: Subscribing;
  readonly changes: RoomChanges;
  readonly clock: Pick<Clock, "sleep">;
}

/** Time until a page is asked for again that is to be there and was not, in milliseconds. */
const RETRY_MS = 250;

export function createFollow({ hold, subscribe, changes, clock }: FollowDeps): Follow {
  return (request, signal, take, opener) =>
    hold(request.room, opener, signal, async () => {
      let next = request;
      while (!signal.aborted) {
        let page: Subscription | undefined;
        let changed: Promise<void> | undefined;
        await subscribe(
          next,
          (answer) => {
            page = answer;
            // In one tick with the answer: whatever comes behind it is heard.
            if (isLive(answer)) changed = changes.next(request.room, signal);
          },
          opener,
          signal,
        );
        if (page === undefined || signal.aborted) return;
        await take(page);
        if (!isLive(page) && !isProgress(page)) await clock.sleep(RETRY_MS);
        next = behind(request.room, page);
        await changed;
      }
    });
}

function isLive(page: Subscription): boolean {
  return "live" in page && page.live;
}

function isProgress(page: Subscription): boolean {
  return "reset" in page || page.to > page.after;
}

function behind(room: string, page: Subscription): SubscribeRequest {
  return { room, epoch: page.epoch, after: "reset" in page ? page.floor : page.to };
}
