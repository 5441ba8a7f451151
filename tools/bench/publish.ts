import { percentile } from "./percentile.js";
import { connect, groupCommit, oneByOne, type Side } from "./publish-sides.js";

const ROOMS = [1, 16, 64];
const PUBLISHERS = [1, 32, 256];
/** Each side is measured this often per line, in turn, so that a change of the machine's speed meets both. */
const ROUNDS = 3;
const ROUND_MS = 1500;
const WARM_UP_MS = 500;

/** What one side did in one row. */
export interface Measured {
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One level of load: both sides, in one run. */
export interface PublishLine {
  readonly rooms: number;
  readonly publishers: number;
  readonly groupCommit: Measured;
  readonly oneByOne: Measured;
}

interface Samples {
  readonly latenciesMs: number[];
  elapsedMs: number;
}

/** Measures all levels of load, or only the outermost, against the MongoDB at `uri` and calls back after each. */
export async function measurePublish(
  uri: string,
  short: boolean,
  onLine: (line: PublishLine) => void,
): Promise<PublishLine[]> {
  const connection = await connect(uri);
  const sides = [await groupCommit(connection), await oneByOne(connection)] as const;
  const lines: PublishLine[] = [];
  for (const publishers of short ? [Math.max(...PUBLISHERS)] : PUBLISHERS) {
    for (const rooms of short ? [1] : ROOMS.filter((count) => count <= publishers)) {
      const [first, second] = await measureLine(sides, rooms, publishers, short ? 1 : ROUNDS);
      const line = { rooms, publishers, groupCommit: summary(first), oneByOne: summary(second) };
      lines.push(line);
      onLine(line);
    }
  }
  for (const side of sides) await side.stop();
  await connection.close();
  return lines;
}

async function measureLine(
  sides: readonly [Side, Side],
  rooms: number,
  publishers: number,
  rounds: number,
): Promise<[Samples, Samples]> {
  const samples: [Samples, Samples] = [newSamples(), newSamples()];
  for (const side of sides) await load(side, rooms, publishers, WARM_UP_MS, newSamples());
  for (let round = 0; round < rounds; round += 1) {
    await load(sides[0], rooms, publishers, ROUND_MS, samples[0]);
    await load(sides[1], rooms, publishers, ROUND_MS, samples[1]);
  }
  return samples;
}

/** Every publisher sends its next message when the last one is acknowledged. */
async function load(
  side: Side,
  rooms: number,
  publishers: number,
  ms: number,
  samples: Samples,
): Promise<void> {
  const start = performance.now();
  async function publisher(index: number): Promise<void> {
    while (performance.now() - start < ms) {
      const sent = performance.now();
      await side.publish(`bench-${index % rooms}`, `user-${index}`);
      samples.latenciesMs.push(performance.now() - sent);
    }
  }
  await Promise.all(Array.from({ length: publishers }, (_, index) => publisher(index)));
  samples.elapsedMs += performance.now() - start;
}

function newSamples(): Samples {
  return { latenciesMs: [], elapsedMs: 0 };
}

function summary({ latenciesMs, elapsedMs }: Samples): Measured {
  return {
    messagesPerSecond: (1000 * latenciesMs.length) / elapsedMs,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
}
