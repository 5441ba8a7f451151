import type { RoomEntry } from "../../../../src/contract/types.js";
import type { RoomBus } from "../../../../src/engine/rooms/ports.js";
import type { LogName } from "../../../../src/engine/rooms/room-store.js";
import type { Chance, ProcessClock, VirtualTime } from "./virtual-time.js";

export interface BusFaults {
  loss: number;
  repeat: number;
  /** Per event: one that was sent before comes again, however long ago that was. */
  replay: number;
  /** Per event: another environment has a room of the same name, and its messages come, too. */
  foreign: number;
  longestMs: number;
}

/** Joins the workers' buses: every event may be lost, repeated, late and overtaken. */
export interface BusHub {
  readonly faults: BusFaults;
  connect(clock: ProcessClock): RoomBus;
  /** Loses everything for a while; `noticed` tells whether the workers know. */
  outage(ms: number, noticed: boolean): void;
}

interface Subscriber {
  readonly clock: ProcessClock;
  readonly messages: Set<Parameters<RoomBus["onMessages"]>[0]>;
  readonly ready: Set<() => void>;
}

export function createBusHub(time: VirtualTime, chance: Chance): BusHub {
  const faults: BusFaults = { loss: 0, repeat: 0, replay: 0, foreign: 0, longestMs: 3 };
  const subscribers = new Set<Subscriber>();
  const sent: [log: LogName, entries: readonly RoomEntry[]][] = [];
  let lostUntil = 0;
  let downUntil = 0;

  /** Events that no worker of this environment sends now. */
  function strangers(log: LogName, entries: readonly RoomEntry[]): typeof sent {
    const replayed = chance.hits(faults.replay) ? [chance.pick(sent)] : [];
    if (!chance.hits(faults.foreign)) return replayed;
    const { room } = log;
    const theirs = entries.map(({ seq, at }) => ({
      room,
      seq: seq + 1,
      at,
      id: "theirs",
      from: "them",
      body: { n: 0 },
    }));
    return [...replayed, [{ room, epoch: "theirs" }, theirs]];
  }

  function send(to: Subscriber, log: LogName, entries: readonly RoomEntry[]): void {
    const copies = chance.hits(faults.repeat) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (time.now < lostUntil || chance.hits(faults.loss)) continue;
      time.later(chance.between(0.2, faults.longestMs), () =>
        to.clock.enter(() => {
          for (const handler of to.messages) handler(log, entries);
        }),
      );
    }
  }

  return {
    faults,
    connect(clock) {
      const own: Subscriber = { clock, messages: new Set(), ready: new Set() };
      subscribers.add(own);
      return {
        publish(log, entries) {
          sent.push([log, entries]);
          for (const other of subscribers) if (other !== own) send(other, log, entries);
          for (const event of strangers(log, entries)) for (const other of subscribers) send(other, ...event);
        },
        onMessages(handler) {
          own.messages.add(handler);
          return () => void own.messages.delete(handler);
        },
        onReady(handler) {
          own.ready.add(handler);
          return () => void own.ready.delete(handler);
        },
        isUp: () => time.now >= downUntil,
      };
    },
    outage(ms, noticed) {
      lostUntil = Math.max(lostUntil, time.now + ms);
      if (!noticed) return;
      downUntil = Math.max(downUntil, time.now + ms);
      time.later(ms, () => {
        for (const { clock, ready } of subscribers)
          clock.enter(() => ready.forEach((handler) => void handler()));
      });
    },
  };
}
