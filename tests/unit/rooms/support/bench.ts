import type { Json } from "../../../../src/contract/domain.js";
import type { LiveBatch, RoomEntry, SubscribeRequest, Subscription } from "../../../../src/contract/types.js";
import { ROOM_LIMITS, type RoomLimits } from "../../../../src/engine/rooms/limits.js";
import type { RoomBus } from "../../../../src/engine/rooms/ports.js";
import type { RoomStore } from "../../../../src/engine/rooms/room-store.js";
import { createRooms, type Rooms } from "../../../../src/engine/rooms/rooms.js";
import { createDatabase, type Database } from "../simulation/database.js";
import {
  createChance,
  createProcessClock,
  createVirtualTime,
  type ProcessClock,
  type VirtualTime,
} from "../simulation/virtual-time.js";

/** A bus whose events the test brings about. */
export interface ManualBus extends RoomBus {
  readonly published: {
    readonly room: string;
    readonly epoch: string;
    readonly entries: readonly RoomEntry[];
  }[];
  /** Of the room's log as it is now, unless an epoch is given. */
  receive(room: string, entries: readonly RoomEntry[], epoch?: string): void;
  ready(): void;
  up: boolean;
  /** Handlers that are registered, of both kinds. */
  readonly listeners: number;
}

/** One worker's rooms over a perfect store, with a record of what they do. */
export interface TestWorker {
  readonly rooms: Rooms;
  readonly clock: ProcessClock;
  readonly bus: ManualBus;
  /** Every call of the store that was made, by name. */
  readonly calls: string[];
  readonly delivered: LiveBatch[];
  /** Rooms with local members, by number. */
  readonly members: Map<string, number>;
  readonly reports: string[];
  /** What the observer was told. */
  readonly observed: { repairs: number; refusals: number; readonly publishedMs: number[] };
  /** Publishes and waits for the numbers. */
  publish(room: string, from: string, ids: readonly string[], body?: Json): Promise<number[]>;
  /** Subscribes; a live answer counts as a member from then on. Time has to pass until it comes. */
  subscribing(request: SubscribeRequest): Promise<Subscription>;
  /** The same, and lets time pass until the answer is there. */
  subscribe(request: SubscribeRequest): Promise<Subscription>;
}

export interface Bench {
  readonly time: VirtualTime;
  readonly database: Database;
  worker(options?: WorkerOptions): TestWorker;
  /** A store of its own, for what no worker does. */
  store(): RoomStore;
  /** Lets time pass until the promise is settled. */
  settled<T>(promise: Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
}

export interface WorkerOptions {
  readonly limits?: Partial<RoomLimits>;
  readonly wrapStore?: (store: RoomStore) => RoomStore;
  readonly deliver?: (batch: LiveBatch) => void;
}

export function createBench(): Bench {
  const time = createVirtualTime();
  const chance = createChance(1);
  const database = createDatabase(time, chance);

  async function settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    promise.then(
      () => {
        done = true;
      },
      () => {
        done = true;
      },
    );
    await time.run(time.now);
    if (!done) await time.run(time.now + 120_000, () => done);
    if (!done) throw new Error("still not settled after two minutes");
    return promise;
  }

  function worker({ limits = {}, wrapStore = (store) => store, deliver }: WorkerOptions = {}): TestWorker {
    const clock = createProcessClock(time, chance);
    const bus = createManualBus((room) => database.head(room)?.epoch ?? "");
    const calls: string[] = [];
    const delivered: LiveBatch[] = [];
    const reports: string[] = [];
    const members = new Map<string, number>();
    const observed = { repairs: 0, refusals: 0, publishedMs: [] as number[] };
    const rooms = createRooms(
      {
        store: counted(wrapStore(database.connect(clock)), calls),
        bus,
        clock,
        deliver: (batch) => {
          delivered.push(batch);
          deliver?.(batch);
        },
        members: (room) => members.get(room) ?? 0,
        report: (what, error) => reports.push(`${what}: ${String(error)}`),
        observer: {
          published: (durationMs) => observed.publishedMs.push(durationMs),
          repaired: () => {
            observed.repairs += 1;
          },
          refused: () => {
            observed.refusals += 1;
          },
        },
      },
      { ...ROOM_LIMITS, ...limits },
    );
    void rooms.start();

    async function subscribing(request: SubscribeRequest): Promise<Subscription> {
      let answer: Subscription | undefined;
      await rooms.subscribe(request, (given) => {
        answer = given;
        if ("live" in given && given.live) members.set(request.room, (members.get(request.room) ?? 0) + 1);
      });
      if (answer === undefined) throw new Error("there was no answer");
      return answer;
    }

    return {
      ...{ rooms, clock, bus, calls, delivered, members, reports, observed },
      publish: (room, from, ids, body = "hello") =>
        settled(rooms.publish({ room, from, messages: ids.map((id) => ({ id, body })) })),
      subscribing,
      subscribe: (request) => settled(subscribing(request)),
    };
  }

  return {
    ...{ time, database, worker, settled },
    store: () => database.connect(createProcessClock(time, chance)),
    pass: (ms) => time.run(time.now + ms),
  };
}

function createManualBus(epochOf: (room: string) => string): ManualBus {
  const handlers = new Set<Parameters<RoomBus["onMessages"]>[0]>();
  const readyHandlers = new Set<() => void>();
  const bus: ManualBus = {
    published: [],
    up: true,
    publish: (log, entries) => void bus.published.push({ ...log, entries }),
    onMessages(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    onReady(handler) {
      readyHandlers.add(handler);
      return () => void readyHandlers.delete(handler);
    },
    isUp: () => bus.up,
    get listeners() {
      return handlers.size + readyHandlers.size;
    },
    receive(room, entries, epoch = epochOf(room)) {
      for (const handler of handlers) handler({ room, epoch }, entries);
    },
    ready() {
      for (const handler of readyHandlers) handler();
    },
  };
  return bus;
}

/** The same store, with the names of its calls written down. */
function counted(store: RoomStore, calls: string[]): RoomStore {
  return new Proxy(store, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return method.apply(target, args);
      };
    },
  });
}

/** A stored message as another worker would announce it. */
export function message(room: string, seq: number, body: Json = `body ${seq}`): RoomEntry {
  return { room, seq, id: `m${seq}`, from: "other", at: 0, body };
}

/** Stores messages as another worker would, without announcing them. */
export async function storeMessages(
  bench: Bench,
  room: string,
  seqs: readonly number[],
): Promise<RoomEntry[]> {
  const store = bench.store();
  const at = await bench.settled(store.date());
  const entries = seqs.map((seq) => ({ ...message(room, seq), at }));
  const top = Math.max(...seqs);
  const head = (await bench.settled(store.heads([room]))).get(room);
  if (top > (head?.seq ?? 0)) await bench.settled(store.allocate(room, top - (head?.seq ?? 0)));
  await bench.settled(store.insert(entries, { ordered: true }));
  return entries;
}

/** The numbers of the messages in what was delivered or answered. */
export function seqsOf(
  batches: readonly { readonly messages: readonly { readonly seq: number }[] }[],
): number[] {
  return batches.flatMap(({ messages }) => messages.map(({ seq }) => seq));
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A door that lets the first call wait until it is opened. */
export function createDoor() {
  let open = (): void => {};
  let waiting = false;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    open: () => open(),
    get waiting() {
      return waiting;
    },
    async pass(): Promise<void> {
      waiting = true;
      await opened;
    },
  };
}
