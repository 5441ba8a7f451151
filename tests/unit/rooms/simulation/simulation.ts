import { isTombstone } from "../../../../src/contract/types.js";
import { ROOM_LIMITS, type RoomLimits } from "../../../../src/services/rooms/limits.js";
import { createRetention } from "../../../../src/services/rooms/retention.js";
import { createBusHub } from "./bus-hub.js";
import { violations } from "./checker.js";
import { createClientSocket } from "./client-socket.js";
import { createDatabase, SOUND } from "./database.js";
import { planFaults, type World } from "./faults.js";
import { createParticipant, type Participant } from "./participant.js";
import type { Variant } from "./variants.js";
import { type Chance, createChance, createProcessClock, createVirtualTime } from "./virtual-time.js";
import { createWorker, type Worker } from "./worker.js";

/** What happens besides the faults: nothing, retention with a client that comes too late, or a restored log. */
export type Story = "plain" | "retention" | "renewal";

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

/** One run of the real log, readers and client library in a simulated world; the same seed is the same run. */
export async function runSimulation(seed: number, variant: Variant = {}): Promise<Report> {
  const chance = createChance(seed);
  const story = chance.pick<Story>(["plain", "plain", "plain", "retention", "renewal"]);
  const world = createWorld(chance, variant);
  const { time, participants } = world;
  addParticipants(world);
  planFaults(world, FAULTS_END_MS);
  planStory(world, story, variant);
  const sleeper = participants.at(-1) as Participant;

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
      bus: bus.connect(clock),
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

function addParticipants(world: World): void {
  const { time, chance } = world;
  const add = (name: string, room: string, start: { after: number } | { limit: number }): Participant => {
    const chooseWorker = (): Worker | undefined => {
      const running = world.workers.filter(({ clock }) => clock.state === "running");
      return running.length === 0 ? undefined : chance.pick(running);
    };
    const socket = createClientSocket({ time, chance, user: name, chooseWorker });
    const participant = createParticipant({ time, chance, socket }, { name, room, start });
    world.participants.push(participant);
    return participant;
  };
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
      const sender = add(`${room}-${index}`, room, { after: 0 });
      time.later(chance.between(0, 300), sender.socket.connect);
      publishing(sender, everyMs, FAULTS_END_MS);
    }
  }
  // They often are the first of their worker, so that it opens the room while messages are on their way.
  for (let index = 1; index <= 8; index += 1) {
    const late = add(`late-${index}`, index === 8 ? "calm" : "visited", {
      limit: chance.pick([0, 0, 0, 3, 30]),
    });
    time.later(chance.between(0, FAULTS_END_MS), late.socket.connect);
  }
  time.later(chance.between(0, 5000), add("sleeper", "hot", { after: 0 }).socket.connect);
}

function planStory(world: World, story: Story, variant: Variant): void {
  const { time, chance, database, participants } = world;
  const sleeper = participants.at(-1) as Participant;
  if (story === "plain") {
    time.later(FAULTS_END_MS - 500, () => sleeper.socket.cut({ stay: true }));
    time.later(FAULTS_END_MS + 5000, sleeper.socket.connect);
  } else if (story === "renewal") {
    time.later(chance.between(5000, 40_000), () => database.renew("hot"));
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

function hasConverged({ database, participants }: World): boolean {
  const last = new Map<string, number>();
  for (const entry of database.history) {
    const { room, seq } = entry;
    if (!isTombstone(entry)) last.set(room, Math.max(last.get(room) ?? 0, seq));
  }
  return participants.every(
    (one) =>
      one.publications.every(({ seq, error }) => seq !== undefined || error !== undefined) &&
      one.last >= (last.get(one.room) ?? 0),
  );
}

/** Resets come only where something was lost on purpose. */
function checkResets(participants: readonly Participant[], story: Story, sleeper: Participant): string[] {
  const allowed = (one: Participant): number => {
    // A worker may take one sweep to notice; a client that starts afresh there meanwhile is reset again.
    if (story === "renewal") return one.room === "hot" ? 3 : 0;
    return story === "retention" && one === sleeper ? 1 : 0;
  };
  return participants
    .filter((one) => one.resets > allowed(one))
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
