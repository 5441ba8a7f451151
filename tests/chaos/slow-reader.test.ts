import { eventually } from "../support/wait.js";
import { createChaosClient } from "./chaos-client.js";
import { createPrng } from "./prng.js";
import { startWorld } from "./world.js";

const ROOM = "heavy";
const READERS = 3;
const WRITERS = 4;
const BATCH = 10;
/** 135 MB: how much waits in the kernel for a receiver that does not read differs; 43 MB were too few somewhere. */
const MOST_MESSAGES = 3000;
const BODY_BYTES = 45_000;
const MIB = 1024 * 1024;

test("clients that stop reading are let go, cost no memory, and are complete once they read again", async () => {
  // The heartbeat, which ends such connections as well, must not do it here.
  const env = { PING_TIMEOUT_MS: "120000", CLIENT_BACKLOG_BYTES: String(MIB) };
  const world = await startWorld({ instances: 2, workers: 2, env });
  const { ledger, urls } = world;
  const [first] = world.machines;
  const client = (user: string, where = urls) =>
    createChaosClient({ user, urls: where, rng: createPrng(user), ledger, issuer: world.issuer });
  const readers = Array.from({ length: READERS }, (_, index) =>
    client(`reader-${index}`, () => [first?.directUrl ?? ""]),
  );
  const streams = readers.map((reader) => reader.read(ROOM));
  const writers = Array.from({ length: WRITERS }, (_, index) => client(`writer-${index}`));
  for (const writer of writers) writer.openForWriting(ROOM);
  await Promise.all(writers.map((writer) => writer.publish(ROOM)));
  await eventually(() =>
    expect(streams.map((one) => one.position()?.last)).toEqual(streams.map(() => WRITERS)),
  );
  const before = world.largestWorkerBytes();

  for (const reader of readers) reader.hang();
  let largest = 0;
  const closed = () => first?.countLogged("client does not read: connection closed") ?? 0;
  // No more than it takes: all of it is read again below, by each reader.
  for (let sent = 0; sent < MOST_MESSAGES && closed() < READERS; sent += WRITERS * BATCH) {
    const batch = writers.flatMap((writer) =>
      Array.from({ length: BATCH }, () => writer.publish(ROOM, BODY_BYTES)),
    );
    await Promise.all(batch);
    largest = Math.max(largest, world.largestWorkerBytes());
  }
  const state = () => `${closed()} closed, read up to ${streams.map((one) => one.position()?.last)}`;
  await eventually(() => expect(state()).toContain(`${READERS} closed`), { withinMs: 15_000 });
  // Loose: what so much traffic leaves to be collected is in it, too.
  expect(largest - before).toBeLessThan(256 * MIB);

  for (const reader of readers) reader.wake();
  const head = ledger.head(ROOM);
  await eventually(
    () => expect(streams.map((one) => one.position()?.last)).toEqual(streams.map(() => head)),
    {
      withinMs: 75_000,
    },
  );
  ledger.check(await world.stored([ROOM]));
  expect(ledger.violations).toEqual([]);
});
