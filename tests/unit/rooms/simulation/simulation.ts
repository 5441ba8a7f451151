import { isTombstone } from "../../../../src/contract/types.js";
import { ROOM_LIMITS, type RoomLimits } from "../../../../src/engine/rooms/limits.js";
import { createRetention } from "../../../../src/engine/rooms/retention.js";
import { createBusHub } from "./bus-hub.js";
import { violations } from "./checker.js";
import { createClientSocket } from "./client-socket.js";
import { createDatabase } from "./database.js";
import { SOUND } from "./database-faults.js";
import { planFaults, type World } from "./faults.js";
import { createParticipant, type Participant } from "./participant.js";
import { createStreamReader } from "./stream-reader.js";
import type { Variant } from "./variants.js";
import { type Chance, createChance, createProcessClock, createVirtualTime } from "./virtual-time.js";
import { createWorker, type Worker } from "./worker.js";

/** What happens besides the faults: nothing, retention with a client that comes too late, a new epoch, or a restored log. */
export type Story = "plain" | "retention" | "renewal" | "restore";

export interface Report {
  readonly seed: number;
  readonly story: Story;
  readonly failures: readonly string[];
  readonly published: number;
  readonly delivered: number;
  readonly tombstones: number;
  readonly resets: number;
  readonly kills: number;
  readonly failOvers: number;
  /** From the end of the faults until everybody had everything; undefined when that never was. */
  readonly convergedMs: number | undefined;
}

const FAULTS_END_MS = 30_000;
const PATIENCE_MS = 60_000;
const WORKERS = 4;
const DAY_MS = 24 * 3_600_000;
const AHEAD = "ahead";

/** One run of the real log, readers and client library in a simulated world; the same seed is the same run. */
export async function runSimulation(seed: number, variant: Variant = {}): Promise<Report> {
  const chance = createChance(seed);
  const story = chance.pick<Story>(["plain", "plain", "plain", "retention", "renewal", "restore", "restore"]);
  const world = createWorld(chance, variant);
  const { time, participants } = world;
  addParticipants(world);
  planFaults(world, FAULTS_END_MS);
  const sleeper = participants.at(-1) as Participant;
  planStory(world, story, sleeper, variant);
  planAhead(world);

  const quietMs = story === "retention" ? 100_000 : FAULTS_END_MS;
  await time.run(quietMs);
  let convergedMs: number | undefined;
  for (let waitedMs = 0; waitedMs <= PATIENCE_MS && convergedMs === undefined; waitedMs += 250) {
    await time.run(quietMs + waitedMs);
    if (hasConverged(world)) convergedMs = waitedMs;
  }

  const failures = violations(world.database, participants);
  failures.push(...checkResets(participants, story, sleeper));
  if (convergedMs === undefined) failures.push("not everybody had everything in time");
  failures.push(...(await checkLeftovers(world)));
  const { history } = world.database;
  return {
    seed,
    story,
    failures,
    published: sum(participants.map(({ publications }) => publications.length)),
    delivered: sum(participants.flatMap(({ segments }) => segments.map(({ messages }) => messages.length))),
    tombstones: history.filter((entry) => "void" in entry).length,
    resets: sum(participants.map(({ resets }) => resets)),
    kills: world.counts.kills,
    failOvers: world.database.failOvers,
    convergedMs,
  };
}

function createWorld(chance: Chance, variant: Variant): World {
  const time = createVirtualTime();
  const database = createDatabase(time, chance, { ...SOUND, ...variant.database });
  const bus = createBusHub(time, chance);
  const limits = { ...chosenLimits(chance), ...variant.limits };
  const coalesceFrom = chance.pick([1, 3, 50]);

  function startWorker(): Worker {
    const clock = createProcessClock(time, chance, chance.between(-1, 1) * DAY_MS);
    const store = database.connect(clock);
    const worker = createWorker({
      clock,
      store: variant.wrapStore?.(store) ?? store,
      bus: variant.wrapBus?.(bus.connect(clock), database) ?? bus.connect(clock),
      limits,
      coalesceFrom,
      joinDelayMs: variant.lateJoin ? 200 : undefined,
      report: () => {},
    });
    void worker.rooms.start();
    return worker;
  }

  const workers = Array.from({ length: WORKERS }, startWorker);
  const counts = { kills: 0, pauses: 0, drops: 0, outages: 0 };
  return { time, chance, database, bus, workers, participants: [], startWorker, counts };
}

/** Small bounds bring the paths to light that large ones seldom reach. */
function chosenLimits(chance: Chance): RoomLimits {
  return {
    ...ROOM_LIMITS,
    batchMessages: chance.pick([200, 7]),
    queuedMessages: chance.pick([2000, 120]),
    pageMessages: chance.pick([200, 20]),
    pageBytes: chance.pick([256 * 1024, 2000]),
    ringMessages: chance.pick([64, 5]),
    ringsBytes: chance.pick([64 * 1024 * 1024, 3000]),
    bufferedMessages: chance.pick([1000, 10]),
    lingerMs: chance.pick([10_000, 500]),
    reads: chance.pick([16, 2]),
  };
}

function runningWorker({ workers, chance }: World): Worker | undefined {
  const running = workers.filter(({ clock }) => clock.state === "running");
  return running.length === 0 ? undefined : chance.pick(running);
}

function add(world: World, options: Parameters<typeof createParticipant>[1]): Participant {
  const { time, chance } = world;
  const chooseWorker = (): Worker | undefined => runningWorker(world);
  const socket = createClientSocket({ time, chance, user: options.name, chooseWorker });
  const participant = createParticipant({ time, chance, socket }, options);
  world.participants.push(participant);
  return participant;
}

function addParticipants(world: World): void {
  const { time, chance, participants } = world;
  const publishing = (participant: Participant, everyMs: number, endMs: number): void => {
    const next = (): void => {
      if (time.now > endMs) return;
      participant.publish();
      time.later(-Math.log(1 - chance.next()) * everyMs, next);
    };
    time.later(chance.between(0, 500), next);
  };
  const senders = { hot: [4, 120], visited: [2, 150], calm: [2, 2500] } as const;
  for (const [room, [count, everyMs]] of Object.entries(senders)) {
    for (let index = 1; index <= count; index += 1) {
      const sender = add(world, { name: `${room}-${index}`, room, start: { after: 0 } });
      time.later(chance.between(0, 300), sender.socket.connect);
      publishing(sender, everyMs, FAULTS_END_MS);
    }
  }
  // They often are the first of their worker, so that it opens the room while messages are on their way.
  for (let index = 1; index <= 8; index += 1) {
    const late = add(world, {
      name: `late-${index}`,
      room: index === 8 ? "calm" : "visited",
      start: { limit: chance.pick([0, 0, 0, 3, 30]) },
    });
    time.later(chance.between(0, FAULTS_END_MS), late.socket.connect);
  }
  for (const room of Object.keys(senders)) {
    const reader = createStreamReader(
      { time, chance, chooseWorker: () => runningWorker(world) },
      { name: `stream-${room}`, room },
    );
    participants.push(reader);
    time.later(chance.between(0, FAULTS_END_MS / 2), reader.socket.connect);
  }
  const sleeper = add(world, { name: "sleeper", room: "hot", start: { after: 0 } });
  time.later(chance.between(0, 5000), sleeper.socket.connect);
}

function planStory(world: World, story: Story, sleeper: Participant, variant: Variant): void {
  const { time, chance, database, participants } = world;
  if (story === "plain") {
    time.later(FAULTS_END_MS - 500, () => sleeper.socket.cut({ stay: true }));
    time.later(FAULTS_END_MS + 5000, sleeper.socket.connect);
  } else if (story === "renewal") {
    time.later(chance.between(5000, 40_000), () => database.renew("hot"));
  } else if (story === "restore") {
    time.later(chance.between(5000, 40_000), () => restore(world, "hot"));
  } else {
    time.later(FAULTS_END_MS - 500, () => sleeper.socket.cut({ stay: true }));
    time.later(95_000, sleeper.socket.connect);
    for (let at = FAULTS_END_MS; at < 95_000; at += 700) time.later(at, () => participants[0]?.publish());
    const clock = createProcessClock(time, chance);
    const store = database.connect(clock);
    const retention = createRetention(
      {
        store: variant.trimWithoutFloor ? { ...store, raiseFloor: async () => {} } : store,
        report: () => {},
      },
      { messages: 60, ageMs: Infinity, youngestMs: 40_000 },
    );
    for (let at = 60_000; at < 95_000; at += 3000) time.later(at, () => void retention.run());
  }
}

/** The backup holds the log up to some number. Restoring it takes a while, in which nothing can be written. */
function restore({ time, chance, database }: World, room: string): void {
  const ms = chance.between(200, 2000);
  database.failOver(ms);
  time.later(ms / 2, () => {
    database.restore(room, Math.floor((database.head(room)?.seq ?? 0) * chance.next()));
  });
}

/** A client that comes from a log which was longer, as one is that was restored under its old epoch. */
function planAhead(world: World): void {
  const { time, chance, database } = world;
  time.later(chance.between(5000, FAULTS_END_MS), () => {
    const head = database.head("calm");
    if (head === undefined) return;
    const position = { epoch: head.epoch, last: head.seq + 1000 };
    add(world, { name: AHEAD, room: "calm", start: { after: 0 }, position }).socket.connect();
  });
}

function hasConverged({ database, participants }: World): boolean {
  const ends = new Map<string, { epoch: string | undefined; last: number }>();
  for (const room of new Set(participants.map((one) => one.room))) {
    const log = database.logs(room).at(-1);
    const seqs = (log?.entries ?? []).filter((entry) => !isTombstone(entry)).map(({ seq }) => seq);
    ends.set(room, { epoch: log?.epoch, last: Math.max(0, ...seqs) });
  }
  return participants.every((one) => {
    const end = ends.get(one.room);
    const isSettled = one.publications.every(({ seq, error }) => seq !== undefined || error !== undefined);
    // A position that a client brought along says nothing of what it has got.
    const isThere = one.segments.length > 0 && one.epoch === end?.epoch && one.last >= (end?.last ?? 0);
    return isSettled && isThere;
  });
}

/** Resets come only where something was lost on purpose. */
function checkResets(participants: readonly Participant[], story: Story, sleeper: Participant): string[] {
  const allowed = (one: Participant): number => {
    // A worker may take one sweep to notice; a client that starts afresh there meanwhile is reset again.
    if (story === "renewal" || story === "restore") return one.room === "hot" ? 3 : 0;
    return story === "retention" && one === sleeper ? 1 : 0;
  };
  return participants
    .filter((one) => (one.name === AHEAD ? one.resets !== 1 : one.resets > allowed(one)))
    .map(({ name, resets }) => `${name} was reset ${resets} times`);
}

/** When all clients are gone, so are the open rooms; when the workers stop, no timer is left. */
async function checkLeftovers({ time, workers, participants }: World): Promise<string[]> {
  for (const participant of participants) {
    participant.close();
    participant.socket.cut({ stay: true });
  }
  await time.run(time.now + 60_000);
  const open = sum(workers.map(({ rooms }) => rooms.openRooms));
  for (const { rooms } of workers) void rooms.stop();
  await time.run(time.now + 60_000);
  return [
    ...(open > 0 ? [`${open} rooms stayed open without members`] : []),
    ...(time.pending > 0 ? [`${time.pending} timers were left`] : []),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
