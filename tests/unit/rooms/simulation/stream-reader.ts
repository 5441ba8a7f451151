import type { Position } from "../../../../client/room-client.js";
import type { Subscription } from "../../../../src/contract/types.js";
import type { ClientSocket } from "./client-socket.js";
import type { Participant, Segment } from "./participant.js";
import type { Chance, VirtualTime } from "./virtual-time.js";
import type { Worker } from "./worker.js";

/** A client of a stream: it names the last event that it has had whenever it comes back, and publishes nothing. */
export function createStreamReader(
  deps: {
    readonly time: VirtualTime;
    readonly chance: Chance;
    readonly chooseWorker: () => Worker | undefined;
  },
  { name, room }: { readonly name: string; readonly room: string },
): Participant {
  const { time, chance, chooseWorker } = deps;
  const segments: Segment[] = [];
  let current: Segment | undefined;
  let position: Position | undefined;
  let resets = 0;
  let visit: { readonly worker: Worker; readonly ending: AbortController } | undefined;

  function hear(page: Subscription): void {
    if ("reset" in page) {
      current = undefined;
      position = { epoch: page.epoch, last: page.floor };
      resets += 1;
      return;
    }
    const { epoch, after, messages } = page;
    if (current === undefined) {
      current = { epoch, after, liveAt: undefined, messages: [] };
      segments.push(current);
    }
    current.messages.push(...messages);
    if (page.live) current.liveAt ??= time.now;
    // Only events have an id: of numbers that are no messages nobody is told.
    const last = messages.at(-1)?.seq;
    if (last !== undefined) position = { epoch, last };
  }

  function connect(): void {
    if (visit !== undefined) return;
    const worker = chooseWorker();
    if (worker === undefined) {
      time.later(500, connect);
      return;
    }
    const mine = { worker, ending: new AbortController() };
    visit = mine;
    const from = position === undefined ? { after: 0 } : { epoch: position.epoch, after: position.last };

    function over(): void {
      if (visit !== mine) return;
      visit = undefined;
      time.later(chance.between(500, 2000), connect);
    }
    /** Over the network, to a client who takes it some time later. */
    const take = (page: Subscription): Promise<void> =>
      new Promise((resolve) => {
        time.later(chance.between(0.5, 40), () => {
          if (visit === mine) hear(page);
          worker.clock.enter(resolve);
        });
      });
    worker.rooms.follow({ room, ...from }, mine.ending.signal, take, name).then(over, over);
  }

  const socket: ClientSocket = {
    // The checks ask for what every client has.
    socket: undefined as never,
    connect,
    cut({ noticedMs = 0, stay = false } = {}) {
      const mine = visit;
      if (mine === undefined) return;
      visit = undefined;
      time.later(noticedMs, () => mine.worker.clock.enter(() => mine.ending.abort()));
      if (!stay) time.later(chance.between(30, 1500), connect);
    },
    get worker() {
      return visit?.worker;
    },
    onAnswer() {},
  };

  return {
    ...{ name, room, wholeHistory: true, socket, segments, publications: [] },
    get resets() {
      return resets;
    },
    get epoch() {
      return position?.epoch;
    },
    get last() {
      return position?.last ?? 0;
    },
    publish() {},
    close() {},
  };
}
