import type { BusHub } from "./bus-hub.js";
import type { Database } from "./database.js";
import type { Participant } from "./participant.js";
import type { Chance, VirtualTime } from "./virtual-time.js";
import type { Worker } from "./worker.js";

export interface World {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly database: Database;
  readonly bus: BusHub;
  readonly workers: Worker[];
  readonly participants: Participant[];
  readonly startWorker: () => Worker;
  readonly counts: { kills: number; pauses: number; drops: number; outages: number };
}

/** Plans everything that goes wrong until `endMs`; then the faults end and only their consequences are left. */
export function planFaults(world: World, endMs: number): void {
  const { time, chance, database, bus } = world;
  Object.assign(database.faults, {
    lostRequest: 0.01,
    lostReply: 0.02,
    zombie: 0.01,
    pausedInsert: 0.03,
    staleRead: 0.01,
    commitLagMs: 15,
  });
  Object.assign(bus.faults, { loss: 0.05, repeat: 0.02, replay: 0.05, foreign: 0.05, longestMs: 30 });
  time.later(endMs, () => {
    Object.assign(database.faults, {
      lostRequest: 0,
      lostReply: 0,
      zombie: 0,
      pausedInsert: 0,
      staleRead: 0,
    });
    Object.assign(bus.faults, { loss: 0, repeat: 0, replay: 0, foreign: 0, longestMs: 3 });
  });

  const plan = (times: number, act: () => void): void => {
    for (let index = 0; index < times; index += 1) time.later(chance.between(500, endMs - 500), act);
  };
  plan(6, () => kill(world));
  plan(2, () => pause(world));
  plan(4, () => database.failOver(chance.between(100, 3000)));
  plan(2, () => burst(world, "lostReply", 0.5));
  plan(2, () => burst(world, "commitLagMs", 2500));
  plan(3, () => {
    world.counts.outages += 1;
    bus.outage(chance.between(500, 6000), chance.hits(0.5));
  });
  for (const participant of world.participants) {
    plan(7, () => {
      world.counts.drops += 1;
      participant.socket.cut({ noticedMs: chance.between(0, 2000) });
    });
  }
}

/** SIGKILL, and another process in its place. */
function kill({ time, chance, workers, participants, startWorker, counts }: World): void {
  const victim = chance.pick(workers);
  if (victim.clock.state === "dead") return;
  counts.kills += 1;
  victim.clock.kill();
  for (const { socket } of participants) {
    if (socket.worker === victim) time.later(chance.between(0, 1000), () => cutFrom(socket, victim));
  }
  time.later(chance.between(200, 1000), () => {
    workers[workers.indexOf(victim)] = startWorker();
  });
}

/** SIGSTOP for a while: clients give up on it, the network keeps what it was sent. */
function pause({ time, chance, workers, participants, counts }: World): void {
  const victim = chance.pick(workers);
  counts.pauses += 1;
  victim.clock.pause();
  const ms = chance.between(500, 20_000);
  for (const { socket } of participants) {
    if (socket.worker !== victim) continue;
    const patienceMs = chance.between(2000, 4000);
    if (patienceMs < ms) time.later(patienceMs, () => cutFrom(socket, victim));
  }
  time.later(ms, () => victim.clock.resume());
}

function cutFrom(socket: Participant["socket"], worker: Worker): void {
  if (socket.worker === worker) socket.cut();
}

function burst({ time, chance, database }: World, fault: "lostReply" | "commitLagMs", value: number): void {
  const before = database.faults[fault];
  database.faults[fault] = value;
  time.later(chance.between(300, 2500), () => {
    database.faults[fault] = Math.min(before, database.faults[fault]);
  });
}
