import { createWorld, type TestWorker, type World } from "./support/world.js";

const SECOND = 1000;
const USERS = ["a", "b", "c", "d", "e"];
const ROOMS = ["r", "s"];

/** Random numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Life {
  readonly worker: TestWorker;
  readonly lists: Map<string, Set<string>>;
  /** What is there: connection -> [room, user]. */
  readonly connections: Map<string, [string, string]>;
  ended: boolean;
}

async function begin(world: World): Promise<Life> {
  const worker = await world.start();
  const lists = new Map<string, Set<string>>();
  for (const room of ROOMS) lists.set(room, await worker.follow(room));
  return { worker, lists, connections: new Map(), ended: false };
}

/** One random thing that may happen to a worker. */
async function happen(world: World, lives: Life[], random: () => number): Promise<void> {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const alive = lives.filter(({ ended }) => !ended);
  const life = pick(alive);
  const [room, user] = [pick(ROOMS) ?? "r", pick(USERS) ?? "a"];
  if (life === undefined) return;
  const { worker, connections } = life;
  const dice = random();
  if (dice < 0.4) {
    const connection = `c${random()}`;
    worker.enter(room, connection, user);
    connections.set(connection, [room, user]);
  } else if (dice < 0.75) {
    const connection = pick([...connections.keys()]);
    const [where] = connections.get(connection ?? "") ?? [];
    if (connection === undefined || where === undefined) return;
    worker.exit(where, connection);
    connections.delete(connection);
  } else if (dice < 0.8) {
    life.ended = true;
    if (random() < 0.5) await worker.drain();
    else worker.kill();
    const witness = pick(alive.filter((other) => other !== life));
    if (random() < 0.5) witness?.worker.nodeEnded(worker.node);
    lives.push(await begin(world));
  } else if (dice < 0.84) {
    worker.pause();
    await world.time.advance(random() * 25 * SECOND);
    worker.wake();
  } else if (dice < 0.88) {
    const failing = random() < 0.5 ? alive : [life];
    for (const {
      worker: { store },
    } of failing)
      store.link = "away";
    await world.time.advance(random() * 30 * SECOND);
    for (const {
      worker: { store },
    } of failing)
      store.link = "up";
  } else if (dice < 0.94) {
    world.bus = pick(["carries", "loses", "is down"] as const) ?? "carries";
  }
}

test.each(Array.from({ length: 20 }, (_, seed) => [seed]))(
  "after all that may happen, all answers and all lists are the truth (seed %i)",
  async (seed) => {
    const random = seeded(seed);
    const world = createWorld(random);
    const lives = [await begin(world), await begin(world), await begin(world)];
    for (let step = 0; step < 120; step += 1) {
      await happen(world, lives, random);
      await world.time.advance(random() * SECOND);
    }
    world.bus = "loses";
    await world.time.advance(30 * SECOND);

    const alive = lives.filter(({ ended }) => !ended);
    for (const room of ROOMS) {
      const here = alive.flatMap(({ connections }) => [...connections.values()]);
      const truth = [...new Set(here.filter(([where]) => where === room).map(([, user]) => user))].toSorted();
      for (const { worker, lists } of alive) {
        expect(await world.ask(worker, room)).toEqual(truth);
        expect([...(lists.get(room) ?? [])].toSorted()).toEqual(truth);
      }
    }
  },
);
