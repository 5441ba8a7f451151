import { percentile } from "./percentile.js";
import { connect, groupCommit, oneByOne, type Side } from "./publish-sides.js";

const ROOMS = [1, 16, 64];
const PUBLISHERS = [1, 32, 256];
/** Each side is measured this often per row, in turn, so that a change of the machine's speed meets both. */
const ROUNDS = 3;
const ROUND_MS = 1500;
const WARM_UP_MS = 500;

/** What one side did in one row. */
export interface Measured {
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One row: both sides under the same load, in one run. */
export interface Row {
  readonly rooms: number;
  readonly publishers: number;
  readonly groupCommit: Measured;
  readonly oneByOne: Measured;
}

interface Samples {
  readonly latenciesMs: number[];
  elapsedMs: number;
}

/** Runs all rows against the MongoDB at `uri` and calls back after each. */
export async function measurePublish(uri: string, onRow: (row: Row) => void): Promise<Row[]> {
  const connection = await connect(uri);
  const sides = [await groupCommit(connection), await oneByOne(connection)] as const;
  const rows: Row[] = [];
  for (const publishers of PUBLISHERS) {
    for (const rooms of ROOMS.filter((count) => count <= publishers)) {
      const [first, second] = await measureRow(sides, rooms, publishers);
      const row = { rooms, publishers, groupCommit: summary(first), oneByOne: summary(second) };
      rows.push(row);
      onRow(row);
    }
  }
  for (const side of sides) await side.stop();
  await connection.close();
  return rows;
}

async function measureRow(
  sides: readonly [Side, Side],
  rooms: number,
  publishers: number,
): Promise<[Samples, Samples]> {
  const samples: [Samples, Samples] = [newSamples(), newSamples()];
  for (const side of sides) await load(side, rooms, publishers, WARM_UP_MS, newSamples());
  for (let round = 0; round < ROUNDS; round += 1) {
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
