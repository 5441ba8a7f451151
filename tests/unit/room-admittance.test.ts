import { presence } from "../../src/app/presence/presence.feature.js";
import { rooms } from "../../src/app/rooms/rooms.feature.js";
import { createDecide } from "../../src/contract/access.js";
import { boundedJson } from "../../src/contract/bounded-json.js";
import { AppError } from "../../src/contract/errors.js";
import type { Engine } from "../../src/contract/feature.js";
import { readConfig } from "../../src/engine/config/config.js";
import { createCallEvent } from "../../src/engine/realtime/call-event.js";
import type { Io, IoSocket } from "../../src/engine/realtime/io.js";
import { createAdmittance } from "../../src/engine/realtime/rights/admittance.js";
import { createHoldings } from "../../src/engine/realtime/rights/holdings.js";
import { createJudge } from "../../src/engine/realtime/rights/judge.js";
import { createRechecks } from "../../src/engine/realtime/rights/rechecks.js";
import { createLimits } from "../../src/engine/trust/limits/limits.js";
import { deferred } from "../support/wait.js";

const PAGE = { epoch: "e", after: 0, to: 0, messages: [], live: true };

const NO_DATABASE = {} as Parameters<typeof rooms.create>[1];

/** As much of a connection as the handlers use. */
function connection() {
  const rooms = new Set(["own"]);
  const closed: object[] = [];
  const socket = {
    ...{
      rooms,
      id: "own",
      connected: true,
      data: { passport: { kind: "open", user: "ann", may: () => true } },
    },
    join: (key: string) => void rooms.add(key),
    leave: (key: string) => void rooms.delete(key),
    emit: (_event: "room_closed", what: object) => void closed.push(what),
  };
  return { socket: socket as unknown as IoSocket, rooms, closed };
}

function setUp(roomsPerSocket = 10) {
  let rule = async (): Promise<void> => {};
  let store: Promise<void> = Promise.resolve();
  const failures: unknown[] = [];
  const engine = {
    limits: { body: boundedJson(100), bodyBytes: 100, publishMessages: 3, pageMessages: 9 },
    rooms: {
      publish: async () => [],
      subscribe: async (_request: unknown, reply: (page: typeof PAGE) => void) => {
        await store;
        reply(PAGE);
      },
    },
    presence: {
      query: async () => ({ users: [], count: 0 }),
      watch: async (_room: string, reply: (list: { users: string[]; count: number }) => void) => {
        await store;
        reply({ users: [], count: 0 });
      },
    },
  } as unknown as Engine;
  const declared = [rooms, presence].flatMap((one) => one.create(engine, NO_DATABASE).events ?? []);
  const decide = createDecide(() => rule());
  const admittance = createAdmittance(roomsPerSocket);
  const judge = createJudge({
    ...{ decide, admittance },
    metrics: { rechecked: () => {}, closed: () => {} },
    report: (error) => void failures.push(error),
  });
  const one = connection();
  const io = { sockets: { sockets: new Map([["own", one.socket]]) } } as unknown as Io;
  const rechecks = createRechecks(createHoldings(io, admittance), judge);
  const callEvent = createCallEvent({
    rates: createLimits(readConfig({}).rates, { refused: () => {} }, performance.now),
    ...{ decide, admittance, rechecks },
    deliver: { one: () => {}, many: () => {} },
    check: true,
  });
  const answers: object[] = [];
  async function send(name: string, payload: object): Promise<void> {
    const event = declared.find((known) => known.name === name);
    if (event === undefined) throw new Error(name);
    const acknowledge = (result: object) => void answers.push(result);
    await callEvent(one.socket, event, payload, acknowledge);
  }
  return {
    ...one,
    ...{ answers, failures },
    ended: () => rechecks.ended({ user: "ann" }),
    stop: rechecks.stop,
    recheck: () => rechecks.connection(one.socket),
    subscribe: (room = "r") => send("subscribe", { room }),
    unsubscribe: (room = "r") => send("unsubscribe", { room }),
    watch: (watch?: boolean) => send("presence", { room: "r", watch }),
    forbid: () => {
      rule = () => Promise.reject(new AppError("forbidden"));
    },
    ask: (next: () => Promise<void>) => {
      rule = next;
    },
    wait: (until: Promise<void>) => {
      store = until;
    },
  };
}

const NOTHING = ["own"];

describe("a connection that may not read a room", () => {
  test.each(["subscribe", "watch", "ask", "end the watch"])(
    "is left with neither messages nor presence, which it had before, by the answer to: %s",
    async (request) => {
      const it = setUp();
      await it.subscribe();
      await it.watch(true);
      expect([...it.rooms]).toEqual(["own", "log:r", "presence:r"]);
      it.forbid();

      const watch = { watch: true, ask: undefined, "end the watch": false }[request];
      const refused = request === "subscribe" ? it.subscribe() : it.watch(watch);

      await expect(refused).rejects.toMatchObject({ code: "forbidden" });
      expect([...it.rooms]).toEqual(NOTHING);
    },
  );

  test("is not let in by an earlier request that is answered after the refusal", async () => {
    const it = setUp();
    const store = deferred<void>();
    it.wait(store.promise);
    const [subscribing, watching] = [it.subscribe(), it.watch(true)];
    await new Promise((resolve) => setImmediate(resolve));
    it.forbid();
    await expect(it.subscribe()).rejects.toMatchObject({ code: "forbidden" });

    store.resolve();

    for (const under of [subscribing, watching])
      await expect(under).rejects.toMatchObject({ code: "forbidden" });
    expect([...it.rooms]).toEqual(NOTHING);
    // Nor is it shown the page, which was read after the refusal.
    expect(it.answers).toEqual([]);
  });
});

describe("a connection whose rights are asked about again", () => {
  const CLOSED = ["subscribe", "watch"].map((operation) => ({ room: "r", operation, code: "forbidden" }));

  test("is taken out of what it may not have any more, and told so once", async () => {
    const it = setUp();
    await it.subscribe();
    await it.watch(true);
    await it.recheck();
    expect(it.closed).toEqual([]);
    it.forbid();

    await it.recheck();
    await it.recheck();

    expect([...it.rooms]).toEqual(NOTHING);
    expect(it.closed).toEqual(CLOSED);
  });

  test("gets nothing of a page that was asked for before and read after its right had ended", async () => {
    const it = setUp();
    const store = deferred<void>();
    it.wait(store.promise);
    const subscribing = it.subscribe();
    await new Promise((resolve) => setImmediate(resolve));
    it.forbid();

    await it.recheck();
    store.resolve();

    await expect(subscribing).rejects.toMatchObject({ code: "forbidden" });
    expect([...it.rooms]).toEqual(NOTHING);
    expect([it.answers, it.closed]).toEqual([[], []]);
  });
});

describe("a right of which the rule cannot tell whether it has ended", () => {
  const SECOND = 1000;
  const failing = () => Promise.reject(new Error("no database"));
  const hanging = () => new Promise<void>(() => {});

  beforeEach(() => void jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick"] }));
  afterEach(() => void jest.useRealTimers());

  test.each([
    ["fails", failing],
    ["hangs", hanging],
    ["says so", () => Promise.reject(new AppError("temporary"))],
  ])("stays for a minute, and is then closed as temporary, once, where it %s", async (_how, answer) => {
    const it = setUp();
    await it.subscribe();
    it.ask(answer);

    void it.ended();
    await jest.advanceTimersByTimeAsync(59 * SECOND);
    expect([it.closed, [...it.rooms]]).toEqual([[], ["own", "log:r"]]);
    await jest.advanceTimersByTimeAsync(2 * SECOND);
    const closed = [{ room: "r", operation: "subscribe", code: "temporary" }];
    expect([it.closed, [...it.rooms]]).toEqual([closed, NOTHING]);

    await jest.advanceTimersByTimeAsync(120 * SECOND);
    expect(it.closed).toEqual(closed);
    expect(it.failures.length > 0).toBe(answer === failing);
    await it.stop();
  });

  test.each([
    ["keeps it", async () => {}, []],
    [
      "ends it",
      () => Promise.reject(new AppError("forbidden")),
      [{ room: "r", operation: "subscribe", code: "forbidden" }],
    ],
  ])(
    "is asked about again, and %s when the rule can tell within the minute",
    async (_what, answer, closed) => {
      const it = setUp();
      await it.subscribe();
      it.ask(hanging);
      void it.ended();
      await jest.advanceTimersByTimeAsync(30 * SECOND);

      it.ask(answer);
      await jest.advanceTimersByTimeAsync(120 * SECOND);
      expect(it.closed).toEqual(closed);
      await it.stop();
    },
  );
});

test("a subscription that fails for another reason leaves nothing of an earlier one", async () => {
  const it = setUp();
  await it.subscribe();
  it.wait(Promise.reject(new AppError("temporary")));

  await expect(it.subscribe()).rejects.toMatchObject({ code: "temporary" });

  expect([...it.rooms]).toEqual(NOTHING);
});

test("who unsubscribes while the page is read is not let in by it", async () => {
  const it = setUp();
  const store = deferred<void>();
  it.wait(store.promise);
  const subscribing = it.subscribe();

  await it.unsubscribe();
  store.resolve();
  await subscribing;

  expect([...it.rooms]).toEqual(NOTHING);
});

test("rooms that are about to be entered count towards the limit", async () => {
  const it = setUp(2);

  const all = await Promise.allSettled(["a", "b", "c", "a"].map((room) => it.subscribe(room)));

  expect(all.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect([...it.rooms]).toEqual(["own", "log:a", "log:b"]);
});
