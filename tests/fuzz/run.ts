import { inspect } from "node:util";
import { startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { eventually } from "../support/wait.js";
import type { Bystander, BystanderSpec, Seen } from "./bystander.js";
import type { Kind } from "./case.js";
import { drive } from "./drivers/drive.js";
import { createJudge } from "./judge.js";
import { createCase, placeOf } from "./plan.js";
import { createProofs } from "./proofs.js";
import { type Side, type SideName, startSide } from "./side.js";
import { createTally, type Tally } from "./tally.js";
import { type Footprint, judgeFootprints } from "./watch.js";

/** How much of what. */
export interface FuzzOptions {
  readonly seed: string;
  readonly kinds: readonly Kind[];
  readonly sides: readonly SideName[];
  /** Workers of each instance. */
  readonly workers: number;
  /** Whether the instances have a Redis. */
  readonly hasRedis: boolean;
  /** The first case; all before it are left out. */
  readonly first?: number;
  /** Cases that are sent before anything is measured. */
  readonly warmUp: number;
  /** Whether there is to be another case. */
  goOn(tally: Tally): boolean;
  /** Cases at a time. */
  readonly lanes: number;
  /** How long the bystanders are measured alone, before and after, in milliseconds. */
  readonly aloneMs: number;
  /** Resident memory that a process may have in the end, of what it had when it was warm. */
  readonly mostMemory: number;
  readonly invite?: (spec: BystanderSpec) => Promise<Bystander>;
  /** All is started; the warm-up is about to begin. */
  onReady?(tally: Tally): void;
  /** The warm-up is over, and what counts is about to begin. */
  onStart?(): void;
  /** Tells of each case what it is and what came of it. */
  readonly print?: (text: string) => void;
}

/** What became of an instance. */
export interface SideResult {
  readonly name: SideName;
  readonly alone: Seen;
  readonly fuzzed: Seen;
  readonly afterwards: Seen;
  readonly before: readonly Footprint[];
  readonly after: readonly Footprint[];
}

export interface FuzzResult {
  readonly tally: Tally;
  readonly seconds: number;
  readonly sides: readonly SideResult[];
}

/** Descriptors that a process may have more in the end than before: connections to MongoDB, and what is about to be closed. */
const MORE_DESCRIPTORS = 20;
/** Until sessions that were left are gone, twice over. */
const RESTS_WITHIN_MS = 30_000;

/** Sends cases to real instances, judges their answers, processes, memory, logs and what an ordinary client sees meanwhile. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const tally = createTally(options.seed);
  const sides = await startSides(options, tally);
  options.onReady?.(tally);
  let next = options.first ?? 0;
  /** The next case that is of a kind and of a side that are wanted. */
  function sendNext(): Promise<void> {
    for (;;) {
      const number = next++;
      const place = placeOf(number);
      const side = sides.find(({ name }) => name === place.side);
      if (side !== undefined && options.kinds.includes(place.kind))
        return sendCase(options, side, tally, number);
    }
  }

  await inLanes(options.lanes, () => tally.begun() < options.warmUp && options.goOn(tally), sendNext);
  const alone = await stretch(sides, options.aloneMs);
  const before = sides.map((side) => side.footprints());

  options.onStart?.();
  const startMs = performance.now();
  await inLanes(options.lanes, () => options.goOn(tally), sendNext);
  const seconds = (performance.now() - startMs) / 1000;
  const fuzzed = await looks(sides);
  const problems = await rest(options, sides, before);
  const afterwards = await stretch(sides, options.aloneMs);
  const after = sides.map((side) => side.footprints());
  for (const problem of problems) tally.complain(problem);
  for (const { name, bystander } of sides)
    for (const problem of await bystander.stop()) tally.complain(`the bystander of ${name}: ${problem}`);

  const results = sides.map(({ name }, index) => ({
    name,
    alone: alone[index] as Seen,
    fuzzed: fuzzed[index] as Seen,
    afterwards: afterwards[index] as Seen,
    before: before[index] ?? [],
    after: after[index] ?? [],
  }));
  return { tally, seconds, sides: results };
}

async function startSides({ sides, workers, hasRedis, invite }: FuzzOptions, tally: Tally): Promise<Side[]> {
  const [mongo, redis, proofs] = await Promise.all([
    startMongo(),
    hasRedis ? startRedis() : undefined,
    createProofs(),
  ]);
  return Promise.all(
    sides.map((name) =>
      startSide({
        ...{ name, workers, proofs, mongodbUri: mongo.uriFor(), complain: tally.complain },
        redisUrl: redis === undefined ? undefined : `${redis.url}/${sides.indexOf(name)}`,
        ...(invite === undefined ? {} : { invite }),
      }),
    ),
  );
}

async function inLanes(lanes: number, goOn: () => boolean, task: () => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (goOn()) await task();
    }),
  );
}

async function sendCase(
  { seed, print }: FuzzOptions,
  side: Side,
  tally: Tally,
  number: number,
): Promise<void> {
  tally.begin();
  const one = createCase(seed, number, side.material);
  print?.(`on ${side.name}: ${inspect(one, { depth: 5, maxArrayLength: 50 })}`);
  const { url, material } = side;
  const verdict = tally.verdictOn(one);
  await drive(one, { url, material, verdict, from: one.from, judge: createJudge(material, verdict) });
  tally.done(one);
}

function looks(sides: readonly Side[]): Promise<Seen[]> {
  return Promise.all(sides.map(({ bystander }) => bystander.look()));
}

async function stretch(sides: readonly Side[], durationMs: number): Promise<Seen[]> {
  await looks(sides);
  await new Promise((over) => setTimeout(over, durationMs));
  return looks(sides);
}

/** Waits until the processes are as they were; resolves with what is still wrong with them in the end. */
async function rest(
  { mostMemory }: FuzzOptions,
  sides: readonly Side[],
  before: readonly Footprint[][],
): Promise<string[]> {
  const bounds = { ratio: mostMemory, moreDescriptors: MORE_DESCRIPTORS };
  const problems = (): string[] =>
    sides.flatMap((side, index) =>
      judgeFootprints(before[index] ?? [], side.footprints(), bounds).map(
        (problem) => `${side.name}: ${problem}`,
      ),
    );
  return eventually(() => expect(problems()).toEqual([]), { withinMs: RESTS_WITHIN_MS, everyMs: 200 }).then(
    () => [],
    problems,
  );
}
