import type { ConnectionEvent } from "../../src/app/connections/connections.model.js";
import { createConnectionAudit } from "../../src/app/connections/connections.service.js";
import { AppError } from "../../src/contract/errors.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { onTestEnd } from "../support/cleanup.js";
import { deferred } from "../support/wait.js";

const FLUSH_INTERVAL_MS = 500;
const BATCH_EVENTS = 1000;
const QUEUE_EVENTS = 10_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const event = (session: number): ConnectionEvent => ({
  type: "connect",
  at: new Date(0),
  session: String(session),
  instance: "test",
  worker: 1,
  transport: "websocket",
  address: "127.0.0.1",
});
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** An audit over a store in memory, of which `append` may be replaced, and the sessions of all that was asked to be written. */
async function startAudit() {
  const asked: (string | undefined)[][] = [];
  let unrecorded = 0;
  const logged: string[] = [];
  const store = { append: async (): Promise<void> => {} };
  const audit = createConnectionAudit(
    {
      append(events) {
        asked.push(events.map(({ session }) => session));
        return store.append();
      },
      newest: async () => [],
    },
    createLogger("debug", { write: (text) => void logged.push(text) }),
    () => {
      unrecorded += 1;
    },
  );
  await audit.start();
  onTestEnd(audit.stop);
  const record = (sessions: readonly number[]) => {
    for (const session of sessions) audit.record(event(session));
  };
  return { audit, asked, logged, store, record, unrecorded: () => unrecorded };
}

test("of refused handshakes 20 within a second are recorded, and the rest is counted", async () => {
  const { audit, asked, record, unrecorded } = await startAudit();
  const refuse = (count: number) => {
    for (const session of upTo(count)) audit.record({ ...event(session), type: "refuse" });
  };
  refuse(50);
  record([1000]);
  await jest.advanceTimersByTimeAsync(1000);
  refuse(5);
  await jest.advanceTimersByTimeAsync(FLUSH_INTERVAL_MS);

  expect(asked.flat()).toEqual([...upTo(20), 1000, ...upTo(5)].map(String));
  expect(unrecorded()).toBe(30);
});

const nextFlush = () => jest.advanceTimersByTimeAsync(FLUSH_INTERVAL_MS);
const away = async () => {
  throw new AppError("temporary");
};

test("events are written together, half a second later at most", async () => {
  const { asked, record } = await startAudit();

  record([1, 2]);
  expect(asked).toEqual([]);
  await nextFlush();

  expect(asked).toEqual([["1", "2"]]);
  await nextFlush();
  expect(asked).toHaveLength(1);
});

test("many events are written in several batches, in their order", async () => {
  const { asked, record } = await startAudit();

  record(upTo(2 * BATCH_EVENTS + 1));
  await nextFlush();

  expect(asked.map((batch) => batch.length)).toEqual([BATCH_EVENTS, BATCH_EVENTS, 1]);
  expect(asked.flat()).toEqual(upTo(2 * BATCH_EVENTS + 1).map(String));
});

test("what could not be written while the store is away is tried again, before what is newer", async () => {
  const { asked, logged, record, store } = await startAudit();
  store.append = away;
  record([1]);
  await nextFlush();
  record([2]);
  store.append = async () => {};
  await nextFlush();

  expect(asked).toEqual([["1"], ["1", "2"]]);
  expect(logged).toEqual([]);
});

test("of too many events the newest are kept", async () => {
  const { asked, record, store } = await startAudit();
  store.append = away;
  record(upTo(QUEUE_EVENTS + 5));
  await nextFlush();
  record([QUEUE_EVENTS + 5]);
  asked.length = 0;
  store.append = async () => {};
  await nextFlush();

  expect(asked.flat()).toEqual(upTo(QUEUE_EVENTS).map((index) => String(index + 6)));
});

test("events that cannot be written at all are given up, and that is logged", async () => {
  const { asked, logged, record, store } = await startAudit();
  store.append = async () => {
    throw new Error("disk full");
  };
  record([1]);
  await nextFlush();
  store.append = async () => {};
  record([2]);
  await nextFlush();

  expect(asked).toEqual([["1"], ["2"]]);
  expect(JSON.parse(logged.join())).toMatchObject({
    level: "error",
    events: 1,
    err: { message: "disk full" },
  });
});

test("a slow store is asked for one thing at a time", async () => {
  const { asked, record, store } = await startAudit();
  const slow = deferred();
  store.append = () => slow.promise;
  record([1]);
  await nextFlush();
  record([2]);
  await nextFlush();
  expect(asked).toEqual([["1"]]);

  slow.resolve();
  await nextFlush();
  expect(asked).toEqual([["1"], ["2"]]);
});

test("a stop writes the rest, also behind a write that is under way", async () => {
  const { asked, audit, record, store } = await startAudit();
  const slow = deferred();
  store.append = () => slow.promise;
  record([1]);
  await nextFlush();
  record([2]);

  const stopping = audit.stop();
  slow.resolve();
  await stopping;

  expect(asked).toEqual([["1"], ["2"]]);
});

test("a stop while the store is away tries once, as every try may take long, and says what is lost", async () => {
  const { asked, audit, record, store, logged } = await startAudit();
  store.append = away;
  record([1]);

  await audit.stop();

  expect(asked).toEqual([["1"]]);
  expect(logged).toEqual([expect.stringMatching(/"level":"warn".*"events":1,"msg":"connection audit lost/)]);
});
