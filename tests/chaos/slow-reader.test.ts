import { eventually } from "../support/wait.js";
import { createChaosClient } from "./chaos-client.js";
import { createPrng } from "./prng.js";
import { startWorld } from "./world.js";

const ROOM = "heavy";
const READERS = 3;
const WRITERS = 4;
/** 68 MB: some systems let more than 33 MB wait in the kernel for a receiver that does not read; 43 were too few. */
const MESSAGES = 1520;
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
  for (let sent = 0; sent < MESSAGES; sent += WRITERS * 10) {
    const batch = writers.flatMap((writer) =>
      Array.from({ length: 10 }, () => writer.publish(ROOM, BODY_BYTES)),
    );
    await Promise.all(batch);
    largest = Math.max(largest, world.largestWorkerBytes());
  }
  const closed = () => first?.countLogged("client does not read: connection closed");
  const state = () => `${closed()} closed, read up to ${streams.map((one) => one.position()?.last)}`;
  await eventually(() => expect(state()).toContain(`${READERS} closed`), { withinMs: 15_000 });
  // Loose: what 68 MB of traffic leaves to be collected is in it, too.
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
