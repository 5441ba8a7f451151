import { openStream, readAgainAndAgain } from "../support/event-stream.js";
import { logged } from "../support/line-log.js";
import { publishOnAndOn } from "../support/room-publisher.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

const READERS = 6;

test("streams end one after the other over the drain window, and who comes meanwhile is served", async () => {
  const windowMs = 4000;
  const shoal = await spawnShoal({ workers: 1, env: { DRAIN_WINDOW_MS: String(windowMs) } });
  const url = `${shoal.url}/rooms/kitchen/stream?after=0`;
  const streams = await Promise.all(
    Array.from({ length: 30 }, (_, index) => openStream(url, { "X-User-Id": `reader-${index}` })),
  );
  const endedAt: number[] = [];
  const ends = streams.map(({ ended }) => ended.then(() => void endedAt.push(performance.now())));

  process.kill(shoal.pid, "SIGTERM");
  await Promise.race(ends);
  const late = await openStream(url, { "X-User-Id": "late" });
  await eventually(() => expect(late.others.at(-1)).toMatch(/^id: \w+:0$/));

  await Promise.all(ends);
  await late.ended;
  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  // They were asked to leave at random moments of the window; a slow machine only makes the time between longer.
  expect(Math.max(...endedAt) - Math.min(...endedAt)).toBeGreaterThan(windowMs / 2);
});

test("streams lose, repeat and reorder nothing while workers are killed and replaced, and hear what siblings store", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { DRAIN_WINDOW_MS: "500" } });
  const url = `${shoal.url}/rooms/kitchen/stream?after=0`;
  const readers = Array.from({ length: READERS }, (_, index) =>
    readAgainAndAgain(url, { "X-User-Id": `reader-${index}` }),
  );
  const publisher = publishOnAndOn(shoal.url, "kitchen");

  await publisher.more(20);
  const [victim] = shoal.workerPids();
  process.kill(victim as number, "SIGKILL");
  await eventually(() => {
    expect(shoal.workerPids()).toHaveLength(2);
    expect(shoal.workerPids()).not.toContain(victim);
  });
  await publisher.more(20);
  process.kill(shoal.pid, "SIGHUP");
  await shoal.waitForLog(logged("all workers replaced"), { withinMs: 60_000 });
  await publisher.more(20);
  const acknowledged = await publisher.stop();

  for (const reader of readers) {
    await eventually(() => expect(reader.events.map(({ data }) => data.id)).toEqual(acknowledged));
    expect(reader.visits).toBeGreaterThan(1);
    reader.close();
  }
});
